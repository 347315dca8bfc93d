package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.Message.Envelope;
import io.mistersmith.persistence.message.Message.Marks;
import io.mistersmith.persistence.message.Subscription;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.MessageStore.NewMessage;
import io.mistersmith.persistence.testkit.memory.MessageTables.DeliveryRow;
import io.mistersmith.persistence.testkit.memory.MessageTables.MessageRow;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/** Appends messages, and finds their recipients. */
final class MessageAppend {

  /** Grows with each delivery, like a sequence: also when its transaction is rolled back. */
  private static final AtomicLong NUMBERS = new AtomicLong();

  private MessageAppend() {}

  static List<Message.Id> append(Tables tables, List<NewMessage> messages, Instant now) {
    List<Message.Id> ids = new ArrayList<>(messages.size());
    Instant time = now.truncatedTo(ChronoUnit.MICROS);
    for (NewMessage message : messages) {
      Instant sentAt = time.plus(ids.size(), ChronoUnit.MICROS);
      ids.add(append(tables, message, sentAt, time));
    }
    return ids;
  }

  private static Message.Id append(Tables tables, NewMessage message, Instant sentAt, Instant now) {
    Draft draft = message.draft();
    Envelope envelope = draft.envelope();
    Message.Id id = draft.id().orElseGet(() -> new Message.Id(UUID.randomUUID(), sentAt));
    tables.messages.log.lock(id);
    if (tables.messages.log.contains(id)) {
      return id;
    }
    Optional<Channel> channel = envelope.channel().map(name -> channel(tables, name));
    channel.ifPresent(through -> through.requireRoute(envelope));
    requireAgent(tables, envelope.from(), "a message's sender");
    requireAgent(tables, envelope.to(), "a message's recipient");
    Optional<Instant> expiresAt =
        draft.timeToLive().map(time -> now.plus(time).truncatedTo(ChronoUnit.MICROS));
    boolean queued = channel.filter(one -> one.kind() == Channel.Kind.QUEUE).isPresent();
    List<Optional<AgentId>> recipients =
        queued
            ? List.of(Optional.empty())
            : recipients(tables, envelope, channel).stream().map(Optional::of).toList();
    for (Optional<AgentId> recipient : recipients) {
      long number = NUMBERS.incrementAndGet();
      tables.messages.deliveries.put(
          number,
          new DeliveryRow(
              number,
              id,
              recipient,
              queued ? envelope.channel() : Optional.empty(),
              envelope.priority(),
              expiresAt,
              Optional.empty(),
              0,
              Optional.empty(),
              Optional.empty(),
              Optional.empty()));
    }
    tables.messages.log.put(
        id,
        new MessageRow(
            new Message(id, envelope, message.payload(), expiresAt, Marks.none()),
            recipients.size()));
    return id;
  }

  private static Channel channel(Tables tables, String name) {
    if (!tables.messages.channels.refer(name)) {
      throw missing(name);
    }
    return tables.messages.channels.find(name).orElseThrow(() -> missing(name));
  }

  static NonTransientPersistenceException missing(String channel) {
    return new NonTransientPersistenceException(
        DataError.NOT_FOUND, "channel " + channel + ": there is none; save it first");
  }

  static void requireAgent(Tables tables, Optional<AgentId> agent, String what) {
    agent.ifPresent(
        id -> {
          if (!tables.agents.refer(id)) {
            throw new NonTransientPersistenceException(
                DataError.CONSTRAINT_VIOLATION,
                "%s %s: SQLSTATE 23503, it is not registered".formatted(what, id));
          }
        });
  }

  private static Set<AgentId> recipients(
      Tables tables, Envelope envelope, Optional<Channel> channel) {
    Set<AgentId> recipients = new LinkedHashSet<>();
    envelope.to().ifPresent(recipients::add);
    envelope
        .toType()
        .ifPresent(
            type ->
                tables
                    .agents
                    .all()
                    .map(row -> row.stored().agent())
                    .filter(agent -> agent.type().equals(type))
                    .map(Agent::id)
                    .forEach(recipients::add));
    boolean toSubscribers =
        channel
            .map(
                one ->
                    one.kind() == Channel.Kind.TOPIC
                        || (one.kind() == Channel.Kind.BROADCAST && envelope.toType().isEmpty()))
            .orElse(false);
    if (toSubscribers) {
      tables
          .messages
          .subscriptions
          .all()
          .filter(subscription -> Optional.of(subscription.channel()).equals(envelope.channel()))
          .filter(subscription -> subscription.matches(envelope))
          .map(Subscription::agent)
          .forEach(recipients::add);
    }
    recipients.removeIf(agent -> !tables.agents.refer(agent)); // those that were deleted meanwhile
    return recipients;
  }
}
