package io.mistersmith.persistence.core.internal.state.repository;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs calls that concern one key one after the other, in the order in which they were asked for;
 * those of different keys run beside each other. Remembers no key that has nothing to do.
 *
 * <p>Each future completes, and the next call of its key gets its turn, whatever a call throws and
 * although the executor refuses it. Thread-safe.
 *
 * @param <K> the type of the keys
 */
public final class InOrder<K> {

  private record Call<V>(Supplier<V> work, CompletableFuture<V> done) {

    void run() {
      try {
        done.complete(work.get());
      } catch (Throwable e) {
        done.completeExceptionally(e);
      }
    }
  }

  /** The call that runs, and after it those that wait for it. */
  private final ConcurrentMap<K, ArrayDeque<Call<?>>> queues = new ConcurrentHashMap<>();

  private final Executor executor;

  /** Runs the calls on {@code executor}. */
  public InOrder(Executor executor) {
    this.executor = executor;
  }

  <V> CompletableFuture<V> run(K key, Supplier<V> work) {
    Call<V> call = new Call<>(work, new CompletableFuture<>());
    if (isFirst(key, call)) {
      start(key, call);
    }
    return call.done();
  }

  private boolean isFirst(K key, Call<?> call) {
    AtomicBoolean first = new AtomicBoolean();
    queues.compute(
        key,
        (same, present) -> {
          ArrayDeque<Call<?>> queue = present == null ? new ArrayDeque<>(2) : present;
          first.set(queue.isEmpty());
          queue.add(call);
          return queue;
        });
    return first.get();
  }

  /** Takes the call that has ended out of its queue; returns the next one, if there is any. */
  private @Nullable Call<?> leave(K key) {
    AtomicReference<@Nullable Call<?>> next = new AtomicReference<>();
    queues.computeIfPresent(
        key,
        (same, queue) -> {
          queue.remove();
          next.set(queue.peek());
          return queue.isEmpty() ? null : queue;
        });
    return next.get();
  }

  /** Starts the call, or where the executor refuses it fails it and starts the one after it. */
  private void start(K key, Call<?> first) {
    Call<?> call = first;
    while (call != null) {
      Call<?> next = call;
      try {
        executor.execute(() -> runAndGoOn(key, next));
        return;
      } catch (Throwable e) {
        next.done().completeExceptionally(e);
        call = leave(key);
      }
    }
  }

  private void runAndGoOn(K key, Call<?> call) {
    try {
      call.run();
    } finally {
      Call<?> next = leave(key);
      if (next != null) {
        start(key, next);
      }
    }
  }
}
