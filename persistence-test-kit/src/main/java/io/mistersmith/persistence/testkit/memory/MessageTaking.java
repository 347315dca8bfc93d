package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Message.Envelope;
import io.mistersmith.persistence.message.Message.Marks;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.memory.MessageTables.DeliveryRow;
import io.mistersmith.persistence.testkit.memory.MessageTables.MessageRow;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Delivers messages, and takes their acknowledgements. */
final class MessageTaking {

  private static final Comparator<DeliveryRow> ORDER =
      Comparator.comparing(DeliveryRow::priority).reversed().thenComparing(DeliveryRow::number);

  private MessageTaking() {}

  static List<Delivery> receive(
      Tables tables,
      AgentId agent,
      int limit,
      Duration lease,
      Instant time,
      Consumer<Consumer<Tables>> atEnd) {
    Instant now = time.truncatedTo(ChronoUnit.MICROS);
    List<DeliveryRow> due =
        tables
            .messages
            .deliveries
            .all()
            .filter(row -> row.isOpen() && !row.isLeased(now) && !row.isExpired(now))
            .filter(row -> isFor(tables, row, agent))
            .sorted(ORDER)
            .toList();
    List<Delivery> received = new ArrayList<>();
    for (DeliveryRow row : due) {
      if (received.size() == limit) {
        break;
      }
      if (tables.messages.deliveries.tryLock(row.number())) {
        DeliveryRow taken = row.taken(agent, now, now.plus(lease));
        received.add(take(tables, taken, agent));
        atEnd.accept(end -> markDelivered(end, taken));
      }
    }
    return received;
  }

  private static boolean isFor(Tables tables, DeliveryRow row, AgentId agent) {
    if (row.channel().isEmpty()) {
      return row.agent().equals(Optional.of(agent));
    }
    String queue = row.channel().get();
    Optional<Envelope> envelope =
        tables.messages.log.find(row.message()).map(sent -> sent.message().envelope());
    return tables.messages.channels.find(queue).filter(Channel::active).isPresent()
        && envelope.isPresent()
        && tables
            .messages
            .subscriptions
            .all()
            .filter(one -> one.agent().equals(agent) && one.channel().equals(queue))
            .anyMatch(one -> one.matches(envelope.get()));
  }

  private static Delivery take(Tables tables, DeliveryRow row, AgentId agent) {
    tables.messages.deliveries.put(row.number(), row);
    MessageRow sent = delivered(tables.messages.log.find(row.message()).orElseThrow(), row);
    return new Delivery(
        row.number(), agent, sent.message(), row.attempts(), row.leasedUntil().orElseThrow());
  }

  private static MessageRow delivered(MessageRow sent, DeliveryRow row) {
    Marks before = sent.message().marks();
    return MessageRows.marked(
        sent,
        sent.pending(),
        new Marks(
            before.deliveredAt().or(row::deliveredAt),
            before.processedAt(),
            Math.max(before.attempts(), row.attempts())));
  }

  private static boolean isStale(MessageRow sent, DeliveryRow row) {
    Marks marks = sent.message().marks();
    return marks.deliveredAt().isEmpty() || marks.attempts() < row.attempts();
  }

  /** The acknowledgement makes up for the marks of a message that another transaction holds. */
  private static void markDelivered(Tables tables, DeliveryRow row) {
    Optional<MessageRow> sent =
        tables.messages.log.find(row.message()).filter(found -> isStale(found, row));
    if (sent.isPresent() && tables.messages.log.tryLock(row.message())) {
      tables.messages.log.put(row.message(), delivered(sent.get(), row));
    }
  }

  static int acknowledge(
      Tables tables,
      Collection<Delivery> deliveries,
      Instant time,
      Consumer<Consumer<Tables>> atEnd) {
    Instant now = time.truncatedTo(ChronoUnit.MICROS);
    int acknowledged = 0;
    for (Delivery delivery : deliveries) {
      tables.messages.deliveries.lock(delivery.number());
      Optional<DeliveryRow> row =
          tables
              .messages
              .deliveries
              .find(delivery.number())
              .filter(one -> one.isOpen() && one.attempts() == delivery.attempt());
      if (row.isPresent()) {
        acknowledged++;
        DeliveryRow open = row.get();
        tables.messages.deliveries.put(delivery.number(), open.processed(now));
        atEnd.accept(
            end ->
                end.messages
                    .log
                    .find(open.message())
                    .ifPresent(sent -> settle(end, sent, open, now)));
      }
    }
    return acknowledged;
  }

  private static void settle(Tables tables, MessageRow sent, DeliveryRow row, Instant now) {
    int left = Math.max(sent.pending() - 1, 0);
    Marks before = sent.message().marks();
    Optional<Instant> processedAt = left == 0 ? Optional.of(now) : Optional.empty();
    tables.messages.log.put(
        sent.message().id(),
        MessageRows.marked(
            sent,
            left,
            new Marks(
                before.deliveredAt().or(row::deliveredAt),
                processedAt,
                Math.max(before.attempts(), row.attempts()))));
  }
}
