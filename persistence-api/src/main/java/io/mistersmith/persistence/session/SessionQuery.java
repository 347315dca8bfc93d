package io.mistersmith.persistence.session;

import io.mistersmith.persistence.model.AgentId;
import java.util.Optional;

/**
 * Selects the valid sessions of a user or an agent, the latest first, a page at a time. Immutable:
 * each method that changes one returns a copy.
 */
public final class SessionQuery {

  /** The largest page. */
  public static final int MAX_LIMIT = 10_000;

  private final Optional<String> user;
  private final Optional<AgentId> agent;
  private final Optional<Session.Type> type;
  private final Optional<Session> after;
  private final int limit;

  private SessionQuery(
      Optional<String> user,
      Optional<AgentId> agent,
      Optional<Session.Type> type,
      Optional<Session> after,
      int limit) {
    this.user = user;
    this.agent = agent;
    this.type = type;
    this.after = after;
    this.limit = limit;
  }

  /**
   * Returns a query of a user's sessions, in pages of 100.
   *
   * @throws IllegalArgumentException when the name is not a text of 1 to {@value
   *     NewSession#MAX_USER} characters
   */
  public static SessionQuery ofUser(String user) {
    return new SessionQuery(
        Optional.of(SessionText.check("user", user, NewSession.MAX_USER)),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        100);
  }

  /**
   * Returns a query of an agent's sessions, in pages of 100.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     INVALID_KEY} for an owner outside the registry
   */
  public static SessionQuery ofAgent(AgentId agent) {
    return new SessionQuery(
        Optional.empty(),
        Optional.of(agent.requireRegistered("sessions")),
        Optional.empty(),
        Optional.empty(),
        100);
  }

  /** Returns a copy that selects sessions of this type alone. */
  public SessionQuery withType(Session.Type only) {
    return new SessionQuery(user, agent, Optional.of(only), after, limit);
  }

  /**
   * Returns a copy for the page that comes after a session: the last one of the page before. It
   * need not be valid any more.
   */
  public SessionQuery after(Session last) {
    return new SessionQuery(user, agent, type, Optional.of(last), limit);
  }

  /**
   * Returns a copy with pages of at most this many sessions (100 at first).
   *
   * @throws IllegalArgumentException when it is less than 1 or more than {@value #MAX_LIMIT}
   */
  public SessionQuery withLimit(int most) {
    if (most < 1 || most > MAX_LIMIT) {
      throw new IllegalArgumentException(
          "a page of " + most + " sessions: ask for 1 to " + MAX_LIMIT);
    }
    return new SessionQuery(user, agent, type, after, most);
  }

  /** Returns the user whose sessions are selected. */
  public Optional<String> user() {
    return user;
  }

  /** Returns the agent whose sessions are selected. */
  public Optional<AgentId> agent() {
    return agent;
  }

  /** Returns the type, where only one is selected. */
  public Optional<Session.Type> type() {
    return type;
  }

  /** Returns the session that the page comes after; empty for the first page. */
  public Optional<Session> after() {
    return after;
  }

  /** Returns how many sessions the page has at most. */
  public int limit() {
    return limit;
  }
}
