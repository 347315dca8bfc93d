package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Delivery.Receipt;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.MessageQuery;
import io.mistersmith.persistence.message.Subscription;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.MessageStore;
import io.mistersmith.persistence.testkit.memory.MessageTables.DeliveryRow;
import io.mistersmith.persistence.testkit.memory.MessageTables.MessageRow;
import io.mistersmith.persistence.testkit.memory.MessageTables.SubscriptionId;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Messages, their deliveries and their channels, in memory. */
final class MemoryMessageStore implements MessageStore {

  /** Of one time by the bytes of the ids, which {@code UUID.compareTo} does not go by. */
  private static final Comparator<Message.Id> OLDEST_FIRST =
      Comparator.comparing(Message.Id::sentAt).thenComparing(id -> id.uuid().toString());

  private final Session session;

  MemoryMessageStore(Session session) {
    this.session = session;
  }

  @Override
  public List<Message.Id> append(List<NewMessage> messages) {
    Instant now = session.now();
    return session.call(tables -> MessageAppend.append(tables, messages, now));
  }

  @Override
  public List<Delivery> receive(AgentId agent, int limit, Duration lease) {
    Instant now = session.now();
    return session.callWithEnd(
        (tables, atEnd) -> MessageTaking.receive(tables, agent, limit, lease, now, atEnd));
  }

  @Override
  public int acknowledge(Collection<Delivery> deliveries) {
    Instant now = session.now();
    return session.callWithEnd(
        (tables, atEnd) -> MessageTaking.acknowledge(tables, deliveries, now, atEnd));
  }

  @Override
  public Optional<Message> find(Message.Id id) {
    return session.call(tables -> tables.messages.log.find(id).map(MessageRow::message));
  }

  @Override
  public List<Message> find(MessageQuery query) {
    Comparator<Message.Id> order = query.oldestFirst() ? OLDEST_FIRST : OLDEST_FIRST.reversed();
    return session.call(
        tables ->
            tables
                .messages
                .log
                .all()
                .map(MessageRow::message)
                .filter(message -> isSelected(message, query))
                .filter(
                    message ->
                        query
                            .after()
                            .map(after -> order.compare(message.id(), after) > 0)
                            .orElse(true))
                .sorted(Comparator.comparing(Message::id, order))
                .limit(query.limit())
                .toList());
  }

  private static boolean isSelected(Message message, MessageQuery query) {
    Message.Envelope envelope = message.envelope();
    Instant sent = message.id().sentAt();
    return isSame(query.from(), envelope.from())
        && isSame(query.to(), envelope.to())
        && isSame(query.channel(), envelope.channel())
        && (query.types().isEmpty() || query.types().contains(envelope.type()))
        && isSame(query.correlation(), envelope.correlation())
        && (!query.undelivered() || message.marks().deliveredAt().isEmpty())
        && query.since().map(since -> !sent.isBefore(since)).orElse(true)
        && query.until().map(sent::isBefore).orElse(true);
  }

  private static boolean isSame(Optional<?> wanted, Optional<?> has) {
    return wanted.isEmpty() || wanted.equals(has);
  }

  @Override
  public List<Receipt> receipts(Message.Id id) {
    return session.call(
        tables ->
            tables
                .messages
                .deliveries
                .all()
                .filter(row -> row.message().equals(id))
                .sorted(Comparator.comparing(DeliveryRow::number))
                .map(
                    row ->
                        new Receipt(
                            row.takenBy().or(row::agent),
                            row.attempts(),
                            row.deliveredAt(),
                            row.processedAt()))
                .toList());
  }

  @Override
  public int prune(Duration age, int limit) {
    Instant before = session.now().minus(age);
    return session.call(
        tables -> {
          Set<Message.Id> old =
              tables
                  .messages
                  .log
                  .all()
                  .map(row -> row.message().id())
                  .filter(id -> id.sentAt().isBefore(before))
                  .filter(id -> isFree(tables, id))
                  .limit(limit)
                  .collect(Collectors.toSet());
          int unused = tables.messages.removeDeliveries(row -> old.contains(row.message()));
          old.forEach(tables.messages.log::remove);
          return old.size();
        });
  }

  /** A message of which a transaction holds a delivery stays until the next time. */
  private static boolean isFree(Tables tables, Message.Id id) {
    return tables.messages.log.tryLock(id)
        && tables
            .messages
            .deliveries
            .all()
            .filter(row -> row.message().equals(id))
            .allMatch(row -> tables.messages.deliveries.tryLock(row.number()));
  }

  @Override
  public int sweepDeliveries(int limit) {
    Instant now = session.now();
    return session.call(
        tables -> {
          Set<Long> expired =
              tables
                  .messages
                  .deliveries
                  .all()
                  .filter(row -> row.isOpen() && row.isExpired(now) && !row.isLeased(now))
                  .map(DeliveryRow::number)
                  .limit(limit)
                  .collect(Collectors.toSet());
          return tables.messages.removeDeliveries(row -> expired.contains(row.number()));
        });
  }

  @Override
  public void saveChannel(Channel channel) {
    session.call(
        tables -> {
          tables.messages.channels.lock(channel.name());
          tables
              .messages
              .channels
              .find(channel.name())
              .filter(there -> there.kind() != channel.kind())
              .ifPresent(
                  there -> {
                    throw new NonTransientPersistenceException(
                        DataError.DUPLICATE_KEY,
                        "channel %s: there is one of another kind than %s"
                            .formatted(channel.name(), channel.kind()));
                  });
          tables.messages.channels.put(channel.name(), channel);
          return channel;
        });
  }

  @Override
  public Optional<Channel> channel(String name) {
    return session.call(tables -> tables.messages.channels.find(name));
  }

  @Override
  public List<Channel> channels() {
    return session.call(
        tables ->
            tables.messages.channels.all().sorted(Comparator.comparing(Channel::name)).toList());
  }

  @Override
  public boolean deleteChannel(String name) {
    return session.call(tables -> tables.messages.removeChannel(name));
  }

  @Override
  public void subscribe(Subscription subscription) {
    session.call(
        tables -> {
          if (!tables.messages.channels.refer(subscription.channel())) {
            throw MessageAppend.missing(subscription.channel());
          }
          MessageAppend.requireAgent(
              tables, Optional.of(subscription.agent()), "a subscription's agent");
          tables.messages.subscriptions.put(SubscriptionId.of(subscription), subscription);
          return subscription;
        });
  }

  @Override
  public boolean unsubscribe(Subscription subscription) {
    return session.call(
        tables -> tables.messages.subscriptions.remove(SubscriptionId.of(subscription)));
  }

  @Override
  public List<Subscription> subscriptions(String channel) {
    return session.call(
        tables ->
            tables
                .messages
                .subscriptions
                .all()
                .filter(subscription -> subscription.channel().equals(channel))
                .toList());
  }
}
