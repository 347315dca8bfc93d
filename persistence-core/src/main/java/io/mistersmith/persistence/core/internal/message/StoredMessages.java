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

  /** Messages over this store, which may be one of a transaction. */
  public StoredMessages(MessageStore store) {
    this.store = store;
  }

  @Override
  public List<Message.Id> appendAll(List<Draft> messages) {
    return store.append(messages.stream().map(StoredMessages::encoded).toList());
  }

  private static NewMessage encoded(Draft draft) {
    if (!draft.persistent()) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          name(draft)
              + ": it is not persistent, and there is no stream yet that keeps such messages; only"
              + " the log does. Append it as persistent, with a time to live");
    }
    try {
      byte[] json = Json.mapping(Object.class).encode(draft.payload());
      return new NewMessage(draft, new String(json, StandardCharsets.UTF_8));
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
