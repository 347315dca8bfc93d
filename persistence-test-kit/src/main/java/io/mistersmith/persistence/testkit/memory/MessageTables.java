package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.Subscription;
import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.util.Optional;

/** The committed tables of messages. */
record MessageTables(
    Table<String, Channel> channels,
    Table<SubscriptionId, Subscription> subscriptions,
    Table<Message.Id, MessageRow> log,
    Table<Long, DeliveryRow> deliveries,
    Table<HandledId, Instant> handled) {

  /** What is unique among the messages that consumers have handled. */
  record HandledId(String consumer, String message) {}

  /** What is unique among subscriptions. */
  record SubscriptionId(AgentId agent, String channel, Optional<String> pattern) {

    static SubscriptionId of(Subscription subscription) {
      return new SubscriptionId(
          subscription.agent(), subscription.channel(), subscription.pattern());
    }
  }

  /** A message, and how many of its deliveries are open. */
  record MessageRow(Message message, int pending) {}

  /**
   * A recipient's copy of a message.
   *
   * @param agent the recipient; empty in a queue
   * @param channel the queue
   * @param takenBy the agent that received it last
   */
  record DeliveryRow(
      long number,
      Message.Id message,
      Optional<AgentId> agent,
      Optional<String> channel,
      int priority,
      Optional<Instant> expiresAt,
      Optional<AgentId> takenBy,
      int attempts,
      Optional<Instant> deliveredAt,
      Optional<Instant> leasedUntil,
      Optional<Instant> processedAt) {

    boolean isOpen() {
      return processedAt.isEmpty();
    }

    boolean isLeased(Instant now) {
      return leasedUntil.filter(now::isBefore).isPresent();
    }

    boolean isExpired(Instant now) {
      return expiresAt.filter(end -> !now.isBefore(end)).isPresent();
    }

    DeliveryRow taken(AgentId by, Instant now, Instant until) {
      return new DeliveryRow(
          number,
          message,
          agent,
          channel,
          priority,
          expiresAt,
          Optional.of(by),
          attempts + 1,
          Optional.of(deliveredAt.orElse(now)),
          Optional.of(until),
          processedAt);
    }

    DeliveryRow processed(Instant now) {
      return new DeliveryRow(
          number,
          message,
          agent,
          channel,
          priority,
          expiresAt,
          takenBy,
          attempts,
          deliveredAt,
          Optional.empty(),
          Optional.of(now));
    }
  }

  static MessageTables empty() {
    return new MessageTables(
        Table.inOrderOfInsertion(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfKeys(),
        Table.inOrderOfInsertion());
  }

  MessageTables copy() {
    return new MessageTables(
        channels.copy(), subscriptions.copy(), log.copy(), deliveries.copy(), handled.copy());
  }
}
