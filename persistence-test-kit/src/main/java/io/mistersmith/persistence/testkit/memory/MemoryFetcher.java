package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore.Delivered;
import io.mistersmith.persistence.spi.hot.StreamStore.Fetcher;
import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.ConsumerPlan.Start;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Reads a consumer in memory. */
final class MemoryFetcher implements Fetcher {

  private final MemoryStreamStore store;
  private final ConsumerPlan plan;
  private @Nullable MessageConsumer ephemeral;
  private @Nullable MessageStream of;
  private long lastSequence;
  private boolean closed;

  MemoryFetcher(MemoryStreamStore store, ConsumerPlan plan) {
    this.store = store;
    this.plan = plan;
  }

  @Override
  public List<Delivered> fetch(int max, Duration wait) {
    long deadline = System.nanoTime() + wait.toNanos();
    return store.call(
        () -> {
          while (true) {
            requireOpen();
            MessageStream stream = store.required(plan.stream());
            stream.expire(store.now());
            MessageConsumer consumer = consumer(stream);
            List<MessageConsumer.Delivery> found = consumer.deliver(max, store.now());
            long left = deadline - System.nanoTime();
            if (!found.isEmpty() || left <= 0) {
              return found.stream().map(each -> delivered(consumer, each)).toList();
            }
            await(left);
          }
        });
  }

  private void requireOpen() {
    store.checkHot();
    if (closed) {
      throw new NonTransientPersistenceException(
          DataError.CLOSED, "the reader of " + plan + " was closed");
    }
  }

  private void await(long nanos) {
    try {
      store.streams().await(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, "interrupted while waiting for messages of " + plan, e);
    }
  }

  private MessageConsumer consumer(MessageStream stream) {
    if (plan.name().isPresent()) {
      return store.requiredConsumer(stream, plan.name().get());
    }
    MessageConsumer present = ephemeral;
    if (present == null || of != stream) {
      present =
          new MessageConsumer(
              stream,
              lastSequence == 0
                  ? plan
                  : plan.toBuilder().start(Start.at(lastSequence + 1)).build());
      ephemeral = present;
      of = stream;
    }
    return present;
  }

  private Delivered delivered(MessageConsumer consumer, MessageConsumer.Delivery delivery) {
    lastSequence = Math.max(lastSequence, delivery.message().sequence());
    return new Answers(store, consumer, delivery);
  }

  @Override
  public void close() {
    boolean unused =
        store
            .streams()
            .with(
                () -> {
                  closed = true;
                  return true;
                });
  }

  /** A delivery. */
  private record Answers(
      MemoryStreamStore store, MessageConsumer consumer, MessageConsumer.Delivery delivery)
      implements Delivered {

    @Override
    public Stored message() {
      return delivery.message();
    }

    @Override
    public int attempt() {
      return delivery.attempt();
    }

    @Override
    public long pending() {
      return delivery.left();
    }

    @Override
    public CompletableFuture<Void> acknowledge() {
      return MemoryBucket.completed(
          () ->
              store.call(
                  () -> {
                    store.checkHot();
                    consumer.acknowledge(message());
                    return null;
                  }));
    }

    @Override
    public void retryAfter(Duration delay) {
      answer(() -> consumer.due(message().sequence(), store.now().plus(delay)));
    }

    @Override
    public void inProgress() {
      answer(() -> consumer.inProgress(message().sequence(), store.now()));
    }

    private void answer(Runnable work) {
      boolean unused =
          store
              .streams()
              .with(
                  () -> {
                    if (store.isHot()) {
                      work.run();
                    }
                    return true;
                  });
    }
  }
}
