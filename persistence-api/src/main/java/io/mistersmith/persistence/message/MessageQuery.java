package io.mistersmith.persistence.message;

import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

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
    MessageQuery all = ALL.inOrder();
    return new MessageQuery(
        all.from,
        all.to,
        all.channel,
        all.types,
        Optional.of(correlation),
        all.undelivered,
        all.since,
        all.until,
        all.after,
        all.oldestFirst,
        all.limit);
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
    return new MessageQuery(
        Optional.of(agent),
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

  /** Returns a copy that selects messages alone that name this agent as their recipient. */
  public MessageQuery withTo(AgentId agent) {
    return new MessageQuery(
        from,
        Optional.of(agent),
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

  /** Returns a copy that selects messages of this channel alone. */
  public MessageQuery withChannel(String name) {
    return new MessageQuery(
        from,
        to,
        Optional.of(Texts.require("name of a channel", name, 255)),
        types,
        correlation,
        undelivered,
        since,
        until,
        after,
        oldestFirst,
        limit);
  }

  /** Returns a copy that selects messages of these types alone. */
  public MessageQuery withTypes(Message.Type... some) {
    return new MessageQuery(
        from,
        to,
        channel,
        Set.of(some),
        correlation,
        undelivered,
        since,
        until,
        after,
        oldestFirst,
        limit);
  }

  /** Returns a copy that selects messages alone that no recipient received yet. */
  public MessageQuery withUndelivered() {
    return new MessageQuery(
        from, to, channel, types, correlation, true, since, until, after, oldestFirst, limit);
  }

  /** Returns a copy that selects messages alone that were sent at this time or later. */
  public MessageQuery since(Instant time) {
    return new MessageQuery(
        from,
        to,
        channel,
        types,
        correlation,
        undelivered,
        Optional.of(time),
        until,
        after,
        oldestFirst,
        limit);
  }

  /** Returns a copy that selects messages alone that were sent before this time. */
  public MessageQuery until(Instant time) {
    return new MessageQuery(
        from,
        to,
        channel,
        types,
        correlation,
        undelivered,
        since,
        Optional.of(time),
        after,
        oldestFirst,
        limit);
  }

  /** Returns a copy for the page that comes after a message: the last one of the page before. */
  public MessageQuery after(Message.Id last) {
    return new MessageQuery(
        from,
        to,
        channel,
        types,
        correlation,
        undelivered,
        since,
        until,
        Optional.of(last),
        oldestFirst,
        limit);
  }

  /** Returns a copy that begins with the oldest message. */
  public MessageQuery inOrder() {
    return new MessageQuery(
        from, to, channel, types, correlation, undelivered, since, until, after, true, limit);
  }

  /** Returns a copy with pages of at most this many messages. */
  public MessageQuery withLimit(int most) {
    return new MessageQuery(
        from, to, channel, types, correlation, undelivered, since, until, after, oldestFirst, most);
  }
}
