package io.mistersmith.persistence.message;

import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Selects messages for {@link MessageLog#find(MessageQuery)}: those that meet every condition.
 * Pages are ordered by the time at which messages were sent, and within one time by their UUIDs.
 * Immutable: each method returns a copy.
 *
 * @param from the sender
 * @param to the agent that messages name as their recipient
 * @param channel the name of the channel
 * @param types the types; empty for all
 * @param correlation the correlation id
 * @param undelivered whether only messages are selected that no recipient received yet
 * @param since the first time
 * @param until the time before which messages were sent
 * @param after the message that the page comes after
 * @param oldestFirst the direction
 * @param limit the size of a page
 */
public record MessageQuery(
    Optional<AgentId> from,
    Optional<AgentId> to,
    Optional<String> channel,
    Set<Message.Type> types,
    Optional<UUID> correlation,
    boolean undelivered,
    Optional<Instant> since,
    Optional<Instant> until,
    Optional<Message.Id> after,
    boolean oldestFirst,
    int limit) {

  /** The largest page. */
  public static final int MAX_LIMIT = 10_000;

  private static final MessageQuery ALL =
      new MessageQuery(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Set.of(),
          Optional.empty(),
          false,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          false,
          100);

  /**
   * Cuts the times to the microsecond.
   *
   * @throws IllegalArgumentException when the limit is less than 1 or more than {@value #MAX_LIMIT}
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     INVALID_KEY} when an agent is an owner outside the registry
   */
  public MessageQuery {
    Texts.requireAgent(from);
    Texts.requireAgent(to);
    types = Set.copyOf(types);
    since = since.map(time -> time.truncatedTo(ChronoUnit.MICROS));
    until = until.map(time -> time.truncatedTo(ChronoUnit.MICROS));
    if (limit < 1 || limit > MAX_LIMIT) {
      throw new IllegalArgumentException(
          "a page of " + limit + " messages: ask for 1 to " + MAX_LIMIT);
    }
  }

  /** Returns a query of the messages that an agent sent, latest first, in pages of 100. */
  public static MessageQuery from(AgentId agent) {
    return ALL.withFrom(agent);
  }

  /** Returns a query of the messages that name an agent as recipient, latest first. */
  public static MessageQuery to(AgentId agent) {
    return ALL.withTo(agent);
  }

  /** Returns a query of the messages of a channel, latest first. */
  public static MessageQuery ofChannel(String name) {
    return ALL.withChannel(name);
  }

  /** Returns a query of the messages of a type, latest first. */
  public static MessageQuery ofType(Message.Type type) {
    return ALL.withTypes(type);
  }

  /** Returns a query of the messages with this correlation id, oldest first. */
  public static MessageQuery correlated(UUID correlation) {
    return ALL.inOrder().with(copy -> copy.correlation = Optional.of(correlation));
  }

  /**
   * Returns a query of the messages that no recipient received yet, oldest first: those that wait,
   * those that expired, and those that went to nobody.
   */
  public static MessageQuery notDelivered() {
    return ALL.withUndelivered().inOrder();
  }

  /** Returns a copy that selects messages of this sender alone. */
  public MessageQuery withFrom(AgentId agent) {
    return with(copy -> copy.from = Optional.of(agent));
  }

  /** Returns a copy that selects messages alone that name this agent as their recipient. */
  public MessageQuery withTo(AgentId agent) {
    return with(copy -> copy.to = Optional.of(agent));
  }

  /** Returns a copy that selects messages of this channel alone. */
  public MessageQuery withChannel(String name) {
    return with(copy -> copy.channel = Optional.of(Texts.require("name of a channel", name, 255)));
  }

  /** Returns a copy that selects messages of these types alone. */
  public MessageQuery withTypes(Message.Type... some) {
    return with(copy -> copy.types = Set.of(some));
  }

  /** Returns a copy that selects messages alone that no recipient received yet. */
  public MessageQuery withUndelivered() {
    return with(copy -> copy.undelivered = true);
  }

  /** Returns a copy that selects messages alone that were sent at this time or later. */
  public MessageQuery since(Instant time) {
    return with(copy -> copy.since = Optional.of(time));
  }

  /** Returns a copy that selects messages alone that were sent before this time. */
  public MessageQuery until(Instant time) {
    return with(copy -> copy.until = Optional.of(time));
  }

  /** Returns a copy for the page that comes after a message: the last one of the page before. */
  public MessageQuery after(Message.Id last) {
    return with(copy -> copy.after = Optional.of(last));
  }

  /** Returns a copy that begins with the oldest message. */
  public MessageQuery inOrder() {
    return with(copy -> copy.oldestFirst = true);
  }

  /** Returns a copy with pages of at most this many messages. */
  public MessageQuery withLimit(int most) {
    return with(copy -> copy.limit = most);
  }

  /** A query whose parts are changed. */
  private static final class Copy {
    private Optional<AgentId> from;
    private Optional<AgentId> to;
    private Optional<String> channel;
    private Set<Message.Type> types;
    private Optional<UUID> correlation;
    private boolean undelivered;
    private Optional<Instant> since;
    private Optional<Instant> until;
    private Optional<Message.Id> after;
    private boolean oldestFirst;
    private int limit;

    Copy(MessageQuery from) {
      this.from = from.from;
      this.to = from.to;
      this.channel = from.channel;
      this.types = from.types;
      this.correlation = from.correlation;
      this.undelivered = from.undelivered;
      this.since = from.since;
      this.until = from.until;
      this.after = from.after;
      this.oldestFirst = from.oldestFirst;
      this.limit = from.limit;
    }

    MessageQuery made() {
      return new MessageQuery(
          from,
          to,
          channel,
          types,
          correlation,
          undelivered,
          since,
          until,
          after,
          oldestFirst,
          limit);
    }
  }

  private MessageQuery with(Consumer<Copy> change) {
    Copy copy = new Copy(this);
    change.accept(copy);
    return copy.made();
  }
}
