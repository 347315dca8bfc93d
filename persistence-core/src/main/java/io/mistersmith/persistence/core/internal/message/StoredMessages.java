package io.mistersmith.persistence.core.internal.message;

import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Delivery.Receipt;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.MessageLog;
import io.mistersmith.persistence.message.MessageQuery;
import io.mistersmith.persistence.message.Subscription;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.MessageStore;
import io.mistersmith.persistence.spi.sql.MessageStore.NewMessage;
import io.mistersmith.persistence.state.JsonCodec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The messages of the durable store. Thread-safe where the store is. */
public final class StoredMessages implements MessageLog {

  private static final int PRUNED_AT_ONCE = 5_000;

  /** Older than any message, and a number of nanoseconds. */
  private static final Duration OLDEST = Duration.ofDays(100_000);

  private static final int SWEPT_AT_ONCE = 1_000;

  private final MessageStore store;
  private final Optional<FleetingMessages> fleeting;

  /**
   * Messages over this store.
   *
   * @param fleeting takes those that are not persistent
   */
  public StoredMessages(MessageStore store, FleetingMessages fleeting) {
    this(store, Optional.of(fleeting));
  }

  private StoredMessages(MessageStore store, Optional<FleetingMessages> fleeting) {
    this.store = store;
    this.fleeting = fleeting;
  }

  /** Returns the messages of a transaction, all of which are persistent. */
  public static StoredMessages in(MessageStore store) {
    return new StoredMessages(store, Optional.empty());
  }

  @Override
  public List<Message.Id> appendAll(List<Draft> messages) {
    long kept = messages.stream().filter(Draft::persistent).count();
    if (kept == messages.size()) {
      return store.append(messages.stream().map(StoredMessages::encoded).toList());
    }
    if (kept > 0) {
      throw new IllegalArgumentException(
          kept
              + " of "
              + messages.size()
              + " messages are persistent: append them in one call, and the others in another,"
              + " since PostgreSQL keeps the first and a stream the others");
    }
    return fleeting.orElseThrow(() -> inTransaction(messages.get(0))).publish(messages);
  }

  private static NonTransientPersistenceException inTransaction(Draft draft) {
    return new NonTransientPersistenceException(
        DataError.MISCONFIGURED,
        name(draft)
            + ": it is not persistent, and a stream takes part in no transaction. Append it by"
            + " Persistence.messages() after the commit, or as persistent");
  }

  private static NewMessage encoded(Draft draft) {
    return new NewMessage(draft, new String(payload(draft), StandardCharsets.UTF_8));
  }

  static byte[] payload(Draft draft) {
    try {
      return Json.mapping(Object.class).encode(draft.payload());
    } catch (NonTransientPersistenceException e) {
      throw new NonTransientPersistenceException(
          e.error(), name(draft) + ": the payload: " + e.getMessage(), e);
    }
  }

  private static String name(Draft draft) {
    return "message of type "
        + draft.envelope().type()
        + draft.id().map(id -> " with the id " + id.uuid()).orElse("");
  }

  @Override
  public List<Delivery> receive(AgentId agent, int limit, Duration lease) {
    if (limit < 1 || limit > MAX_BATCH) {
      throw new IllegalArgumentException(
          "a limit of " + limit + " messages: give 1 to " + MAX_BATCH);
    }
    if (lease.compareTo(Duration.ofMillis(1)) < 0 || lease.compareTo(MAX_LEASE) > 0) {
      throw new IllegalArgumentException(
          "a lease of " + lease + ": give a millisecond to " + MAX_LEASE);
    }
    return store.receive(agent.requireRegistered("messages"), limit, lease);
  }

  @Override
  public int acknowledgeAll(Collection<Delivery> deliveries) {
    return store.acknowledge(deliveries);
  }

  @Override
  public Optional<Message> find(Message.Id id) {
    return store.find(id);
  }

  @Override
  public List<Message> find(MessageQuery query) {
    return store.find(query);
  }

  @Override
  public Optional<Message> reply(Message request) {
    return store
        .find(
            MessageQuery.correlated(request.conversation())
                .withTypes(Message.Type.RESPONSE, Message.Type.ERROR)
                .withLimit(1))
        .stream()
        .findFirst();
  }

  @Override
  public List<Receipt> receipts(Message.Id id) {
    return store.receipts(id);
  }

  @Override
  public <T> T payload(Message message, Class<T> type) {
    JsonCodec<T> codec = Json.mapping(type);
    try {
      return codec.decode(message.payload().getBytes(StandardCharsets.UTF_8));
    } catch (NonTransientPersistenceException e) {
      throw new NonTransientPersistenceException(
          e.error(), "message " + message.id().uuid() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public long prune(Duration age) {
    if (age.isNegative() || age.isZero()) {
      throw new IllegalArgumentException("an age of " + age + ": give a positive one");
    }
    Duration counted = age.compareTo(OLDEST) > 0 ? OLDEST : age;
    long all = 0;
    int some;
    do {
      some = store.prune(counted, PRUNED_AT_ONCE);
      all += some;
    } while (some == PRUNED_AT_ONCE);
    return all;
  }

  /** Removes deliveries that no agent can receive any more. */
  public void sweep() {
    int some;
    do {
      some = store.sweepDeliveries(SWEPT_AT_ONCE);
    } while (some >= SWEPT_AT_ONCE);
  }

  @Override
  public void save(Channel channel) {
    store.saveChannel(asStored(channel));
  }

  /** Returns the channel with its configuration as JSON keeps it, whichever store has it. */
  private static Channel asStored(Channel channel) {
    JsonCodec<Object> codec = Json.mapping(Object.class);
    try {
      Map<String, Object> configuration = new HashMap<>();
      Map<?, ?> read = (Map<?, ?>) codec.decode(codec.encode(channel.configuration()));
      read.forEach(
          (name, value) -> {
            if (value != null) {
              configuration.put((String) name, value);
            }
          });
      return new Channel(
          channel.name(), channel.kind(), channel.description(), configuration, channel.active());
    } catch (NonTransientPersistenceException e) {
      throw new NonTransientPersistenceException(
          e.error(), "channel " + channel.name() + ": its configuration: " + e.getMessage(), e);
    }
  }

  @Override
  public Optional<Channel> channel(String name) {
    return store.channel(name);
  }

  @Override
  public List<Channel> channels() {
    return store.channels();
  }

  @Override
  public boolean deleteChannel(String name) {
    return store.deleteChannel(name);
  }

  @Override
  public void subscribe(Subscription subscription) {
    store.subscribe(subscription);
  }

  @Override
  public boolean unsubscribe(Subscription subscription) {
    return store.unsubscribe(subscription);
  }

  @Override
  public List<Subscription> subscriptions(String channel) {
    return store.subscriptions(channel);
  }
}
