package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.Message.Envelope;
import io.mistersmith.persistence.message.Message.Marks;
import io.mistersmith.persistence.message.Subscription;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.memory.MessageTables.DeliveryRow;
import io.mistersmith.persistence.testkit.memory.MessageTables.HandledId;
import io.mistersmith.persistence.testkit.memory.MessageTables.MessageRow;
import io.mistersmith.persistence.testkit.memory.MessageTables.SubscriptionId;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** The tables of messages as one transaction sees them. */
final class MessageRows {

  final Rows<String, Channel> channels;
  final Rows<SubscriptionId, Subscription> subscriptions;
  final Rows<Message.Id, MessageRow> log;
  final Rows<Long, DeliveryRow> deliveries;
  final Rows<HandledId, Instant> handled;

  MessageRows(Transaction transaction, MessageTables content, MessageTables seen) {
    channels = new Rows<>(transaction, content.channels(), seen.channels());
    subscriptions = new Rows<>(transaction, content.subscriptions(), seen.subscriptions());
    log = new Rows<>(transaction, content.log(), seen.log());
    deliveries = new Rows<>(transaction, content.deliveries(), seen.deliveries());
    handled = new Rows<>(transaction, content.handled(), seen.handled());
  }

  List<Rows<?, ?>> all() {
    return List.of(channels, subscriptions, log, deliveries, handled);
  }

  /** Removes deliveries; a message does not wait for those that were open. */
  int removeDeliveries(Predicate<DeliveryRow> which) {
    List<DeliveryRow> gone = deliveries.all().filter(which).toList();
    for (DeliveryRow row : gone) {
      boolean unused = deliveries.remove(row.number());
      if (row.isOpen()) {
        log.find(row.message())
            .ifPresent(
                sent -> {
                  int left = Math.max(sent.pending() - 1, 0);
                  Marks before = sent.message().marks();
                  Optional<Instant> processedAt =
                      left > 0 ? before.processedAt() : lastProcessed(row.message());
                  Marks marks = new Marks(before.deliveredAt(), processedAt, before.attempts());
                  log.put(row.message(), marked(sent, left, marks));
                });
      }
    }
    return gone.size();
  }

  private Optional<Instant> lastProcessed(Message.Id message) {
    return deliveries
        .all()
        .filter(row -> row.message().equals(message))
        .flatMap(row -> row.processedAt().stream())
        .max(Comparator.naturalOrder());
  }

  /** Removes what belongs to an agent; the messages that it sent or was sent stay. */
  void removeAgent(AgentId agent) {
    int unused = subscriptions.removeIf(row -> row.agent().equals(agent));
    int unusedToo = removeDeliveries(row -> row.agent().equals(Optional.of(agent)));
    replaceEnvelopes(
        envelope ->
            envelope.from().equals(Optional.of(agent)) || envelope.to().equals(Optional.of(agent)),
        envelope ->
            new Envelope(
                envelope.type(),
                envelope.from().filter(from -> !from.equals(agent)),
                envelope.to().filter(to -> !to.equals(agent)),
                envelope.toType(),
                envelope.channel(),
                envelope.subject(),
                envelope.headers(),
                envelope.correlation(),
                envelope.replyTo(),
                envelope.priority()));
  }

  /** Removes a channel with what waits in it; its messages stay. */
  boolean removeChannel(String name) {
    if (!channels.remove(name)) {
      return false;
    }
    int unused = subscriptions.removeIf(row -> row.channel().equals(name));
    int unusedToo = removeDeliveries(row -> row.channel().equals(Optional.of(name)));
    replaceEnvelopes(
        envelope -> envelope.channel().equals(Optional.of(name)),
        envelope ->
            new Envelope(
                envelope.type(),
                envelope.from(),
                envelope.to(),
                envelope.toType(),
                Optional.empty(),
                envelope.subject(),
                envelope.headers(),
                envelope.correlation(),
                envelope.replyTo(),
                envelope.priority()));
    return true;
  }

  private void replaceEnvelopes(Predicate<Envelope> which, UnaryOperator<Envelope> change) {
    List<MessageRow> rows = log.all().filter(row -> which.test(row.message().envelope())).toList();
    rows.forEach(
        row -> {
          Message message = row.message();
          log.put(
              message.id(),
              new MessageRow(
                  new Message(
                      message.id(),
                      change.apply(message.envelope()),
                      message.payload(),
                      message.expiresAt(),
                      message.marks()),
                  row.pending()));
        });
  }

  /** Gives a message other marks. */
  static MessageRow marked(MessageRow row, int pending, Marks marks) {
    Message message = row.message();
    return new MessageRow(
        new Message(
            message.id(), message.envelope(), message.payload(), message.expiresAt(), marks),
        pending);
  }
}
