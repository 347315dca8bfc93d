package io.mistersmith.persistence.core.internal.stream;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.ConsumerPlan.Acknowledgement;
import io.mistersmith.persistence.stream.StreamConsumer;
import io.mistersmith.persistence.stream.Streams.Changes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The consumers of streams of one runtime. Thread-safe. */
public final class StreamConsumers {

  private final StreamStore store;
  private final OrderLeases leases;
  private final Services services;
  private final DeadLetterStream deadLetters;
  private final MemoryStreams memory;
  private final List<ConsumerLoop<?>> consumers = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  /**
   * Consumers on this store.
   *
   * @param store not guarded: the consumers go on trying by themselves
   * @param leases who may consume in order
   * @param services runs their threads
   * @param memory creates streams in memory again
   */
  public StreamConsumers(
      StreamStore store, OrderLeases leases, Services services, MemoryStreams memory) {
    this.store = store;
    this.leases = leases;
    this.services = services;
    this.deadLetters = new DeadLetterStream(store);
    this.memory = memory;
  }

  /** Applies the plan and starts a consumer. */
  public <T> StreamConsumer start(
      ConsumerPlan plan,
      JsonCodec<T> codec,
      StreamConsumer.Options options,
      StreamConsumer.Handler<T> handler) {
    if (closed) {
      throw closed();
    }
    if (plan.name().isPresent()) {
      Changes unused = store.apply(plan);
      memory.applied(plan);
      if (plan.acknowledgement() == Acknowledgement.EXPLICIT) {
        deadLetters.ensure();
      }
    } else {
      requireStream(plan);
    }
    ConsumerLoop<T> consumer =
        new ConsumerLoop<>(
            store,
            deadLetters,
            services,
            OrderGate.of(plan, options, store, leases),
            new MessageHandling<>(plan, codec, options, handler),
            options,
            memory,
            consumers::remove);
    consumers.add(consumer);
    consumer.start();
    if (closed) {
      int unused = consumer.close(Duration.ZERO);
      throw closed();
    }
    return consumer;
  }

  private void requireStream(ConsumerPlan plan) {
    if (store.find(plan.stream()).isEmpty()) {
      throw new NonTransientPersistenceException(
          DataError.NOT_FOUND, plan + ": the stream does not exist; apply its plan");
    }
  }

  private static NonTransientPersistenceException closed() {
    return new NonTransientPersistenceException(
        DataError.CLOSED, "a consumer of a stream cannot be started: the runtime is closed");
  }

  /** Closes all consumers, within the time. */
  public void close(Duration patience) {
    closed = true;
    int unused = ConsumerLoop.close(List.copyOf(consumers), patience);
  }
}
