package io.mistersmith.persistence.core.internal.repository;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Runs calls that concern one key one after the other, in the order in which they were asked for;
 * those of different keys run beside each other. Remembers no key that has nothing to do.
 *
 * @param <K> the type of the keys
 */
public final class InOrder<K> {
  private final ConcurrentMap<K, CompletableFuture<?>> last = new ConcurrentHashMap<>();
  private final Executor executor;

  /** Runs the calls on {@code executor}. */
  public InOrder(Executor executor) {
    this.executor = executor;
  }

  <V> CompletableFuture<V> run(K key, Supplier<V> call) {
    CompletableFuture<V> done = new CompletableFuture<>();
    CompletableFuture<?> before = last.put(key, done);
    Runnable start =
        () -> {
          try {
            executor.execute(() -> complete(done, call));
          } catch (RuntimeException e) {
            done.completeExceptionally(e);
          }
        };
    CompletableFuture<?> unused = done.whenComplete((value, failure) -> last.remove(key, done));
    if (before == null) {
      start.run();
    } else {
      CompletableFuture<?> unusedToo = before.whenComplete((value, failure) -> start.run());
    }
    return done;
  }

  private static <V> void complete(CompletableFuture<V> done, Supplier<V> call) {
    try {
      done.complete(call.get());
    } catch (RuntimeException e) {
      done.completeExceptionally(e);
    }
  }
}
