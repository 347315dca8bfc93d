package io.mistersmith.persistence.core.internal.stream;

import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.StreamConsumer;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams;
import java.util.Optional;

/** The streams over their store. Thread-safe. */
public final class StoredStreams implements Streams {

  private final StreamStore store;
  private final StreamConsumers consumers;
  private final DeadLetterStream deadLetters;
  private final MemoryStreams memory;

  /** Streams on this store, whose consumers {@code consumers} runs. */
  public StoredStreams(StreamStore store, StreamConsumers consumers, MemoryStreams memory) {
    this.store = store;
    this.consumers = consumers;
    this.deadLetters = new DeadLetterStream(store);
    this.memory = memory;
  }

  @Override
  public Changes compare(StreamPlan plan) {
    return store.compare(plan);
  }

  @Override
  public Changes apply(StreamPlan plan) {
    Changes changes = store.apply(plan);
    memory.applied(plan);
    return changes;
  }

  @Override
  public Changes compare(ConsumerPlan plan) {
    return store.compare(plan);
  }

  @Override
  public Changes apply(ConsumerPlan plan) {
    Changes changes = store.apply(plan);
    memory.applied(plan);
    return changes;
  }

  @Override
  public Optional<Running> find(String stream) {
    return store.find(stream);
  }

  @Override
  public Optional<RunningConsumer> find(String stream, String consumer) {
    return store.findConsumer(stream, consumer);
  }

  @Override
  public boolean deleteConsumer(String stream, String consumer) {
    memory.deleted(stream, consumer);
    return store.deleteConsumer(stream, consumer);
  }

  @Override
  public <T> Publisher<T> publisher(String stream, Class<T> type) {
    return new JsonPublisher<>(store, memory, stream, Json.mapping(type));
  }

  @Override
  public <T> Publisher<T> publisher(String stream, JsonCodec<T> codec) {
    return new JsonPublisher<>(store, memory, stream, Json.checked(codec));
  }

  @Override
  public <T> StreamConsumer consume(
      ConsumerPlan plan,
      JsonCodec<T> codec,
      StreamConsumer.Options options,
      StreamConsumer.Handler<T> handler) {
    return consumers.start(plan, Json.checked(codec), options, handler);
  }

  @Override
  public <T> StreamConsumer consume(
      ConsumerPlan plan,
      Class<T> type,
      StreamConsumer.Options options,
      StreamConsumer.Handler<T> handler) {
    return consumers.start(plan, Json.mapping(type), options, handler);
  }

  @Override
  public DeadLetters deadLetters(String stream, String consumer) {
    return deadLetters.of(stream, consumer);
  }
}
