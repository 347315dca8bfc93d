package io.mistersmith.persistence.session;

import io.mistersmith.persistence.model.AgentId;
import java.net.InetAddress;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a session is opened with. At first it is interactive, may do nothing, and lives for an hour.
 * Immutable: each {@code with} returns a copy.
 *
 * @see Sessions#open
 */
public final class NewSession {

  /** The longest name of a user. */
  public static final int MAX_USER = 255;

  /** The longest text that a program calls itself by. */
  public static final int MAX_USER_AGENT = 1_024;

  /** The longest name of a permission or a preference. */
  public static final int MAX_NAME = 255;

  /** The longest value of a preference. */
  public static final int MAX_PREFERENCE = 1_024;

  /** The most permissions, and the most preferences. */
  public static final int MAX_NUMBER = 100;

  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofDays(3_650);

  private Session.Type type = Session.Type.INTERACTIVE;
  private Optional<String> user = Optional.empty();
  private Optional<AgentId> agent = Optional.empty();
  private Set<String> permissions = Set.of();
  private Map<String, String> preferences = Map.of();
  private Optional<InetAddress> address = Optional.empty();
  private Optional<String> userAgent = Optional.empty();
  private Duration timeToLive = Duration.ofHours(1);

  private NewSession() {}

  private NewSession(NewSession from) {
    this.type = from.type;
    this.user = from.user;
    this.agent = from.agent;
    this.permissions = from.permissions;
    this.preferences = from.preferences;
    this.address = from.address;
    this.userAgent = from.userAgent;
    this.timeToLive = from.timeToLive;
  }

  /**
   * Returns a session of a user.
   *
   * @throws IllegalArgumentException when the name is not a text of 1 to {@value #MAX_USER}
   *     characters
   */
  public static NewSession ofUser(String user) {
    NewSession created = new NewSession();
    created.user = Optional.of(SessionText.check("user", user, MAX_USER));
    return created;
  }

  /**
   * Returns a session of a registered agent, which is revoked when the agent is deleted.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     INVALID_KEY} for an owner outside the registry
   */
  public static NewSession ofAgent(AgentId agent) {
    return new NewSession().withAgent(agent);
  }

  /** Returns a session of nobody in particular. */
  public static NewSession anonymous() {
    return new NewSession();
  }

  /** Returns a copy of this type. */
  public NewSession withType(Session.Type newType) {
    NewSession copy = new NewSession(this);
    copy.type = newType;
    return copy;
  }

  /** Returns a copy that belongs to a registered agent as well; see {@link #ofAgent}. */
  public NewSession withAgent(AgentId newAgent) {
    NewSession copy = new NewSession(this);
    copy.agent = Optional.of(newAgent.requireRegistered("sessions"));
    return copy;
  }

  /**
   * Returns a copy with these permissions.
   *
   * @throws IllegalArgumentException when there are more than {@value #MAX_NUMBER}, or one is not a
   *     text of 1 to {@value #MAX_NAME} characters
   */
  public NewSession withPermissions(Set<String> newPermissions) {
    NewSession copy = new NewSession(this);
    copy.permissions = permissions(newPermissions);
    return copy;
  }

  /**
   * Returns a copy with these preferences.
   *
   * @throws IllegalArgumentException when there are more than {@value #MAX_NUMBER}, a name is not a
   *     text of 1 to {@value #MAX_NAME} characters, or a value not one of 1 to {@value
   *     #MAX_PREFERENCE}
   */
  public NewSession withPreferences(Map<String, String> newPreferences) {
    NewSession copy = new NewSession(this);
    copy.preferences = preferences(newPreferences);
    return copy;
  }

  /** Returns a copy that is opened from this address, whose zone is left out. */
  public NewSession withAddress(InetAddress newAddress) {
    NewSession copy = new NewSession(this);
    copy.address = Optional.of(newAddress);
    return copy;
  }

  /**
   * Returns a copy that is opened by this program.
   *
   * @throws IllegalArgumentException when it is not a text of 1 to {@value #MAX_USER_AGENT}
   *     characters
   */
  public NewSession withUserAgent(String newUserAgent) {
    NewSession copy = new NewSession(this);
    copy.userAgent = Optional.of(SessionText.check("user agent", newUserAgent, MAX_USER_AGENT));
    return copy;
  }

  /**
   * Returns a copy that lives so long without a {@link Sessions#touch}.
   *
   * @param newTimeToLive from a millisecond to ten years; cut to the millisecond
   */
  public NewSession withTimeToLive(Duration newTimeToLive) {
    if (newTimeToLive.compareTo(SHORTEST) < 0 || newTimeToLive.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "session: the time to live is "
              + newTimeToLive
              + "; give it "
              + SHORTEST
              + " to "
              + LONGEST);
    }
    NewSession copy = new NewSession(this);
    copy.timeToLive = newTimeToLive.truncatedTo(ChronoUnit.MILLIS);
    return copy;
  }

  /**
   * Returns a copy of the permissions of a session.
   *
   * @throws IllegalArgumentException as {@link #withPermissions} does
   */
  public static Set<String> permissions(Set<String> permissions) {
    checkNumber("permissions", permissions.size());
    permissions.forEach(name -> SessionText.check("permission", name, MAX_NAME));
    return Set.copyOf(permissions);
  }

  /**
   * Returns a copy of the preferences of a session.
   *
   * @throws IllegalArgumentException as {@link #withPreferences} does
   */
  public static Map<String, String> preferences(Map<String, String> preferences) {
    checkNumber("preferences", preferences.size());
    preferences.forEach(
        (name, value) -> {
          String unused = SessionText.check("the name of a preference", name, MAX_NAME);
          unused = SessionText.check("preference " + name, value, MAX_PREFERENCE);
        });
    return Map.copyOf(preferences);
  }

  private static void checkNumber(String what, int number) {
    if (number > MAX_NUMBER) {
      throw new IllegalArgumentException(
          "session: it has " + number + " " + what + "; give it at most " + MAX_NUMBER);
    }
  }

  /** Returns what it is for. */
  public Session.Type type() {
    return type;
  }

  /** Returns the user that it belongs to. */
  public Optional<String> user() {
    return user;
  }

  /** Returns the agent that it belongs to. */
  public Optional<AgentId> agent() {
    return agent;
  }

  /** Returns what it may do. */
  public Set<String> permissions() {
    return permissions;
  }

  /** Returns settings of its user. */
  public Map<String, String> preferences() {
    return preferences;
  }

  /** Returns where it is opened from. */
  public Optional<InetAddress> address() {
    return address;
  }

  /** Returns the program that it is opened by. */
  public Optional<String> userAgent() {
    return userAgent;
  }

  /** Returns how long it lives without a touch. */
  public Duration timeToLive() {
    return timeToLive;
  }
}
