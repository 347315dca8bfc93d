package io.mistersmith.persistence.core.internal.security;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Values that are loaded at most once in their lifetime: callers that miss the same one wait for
 * one load. A load that fails is not remembered. Thread-safe.
 *
 * @param <K> the type of the keys
 * @param <V> the type of the values
 */
final class LoadedOnce<K, V> {

  private final Cache<K, V> values;
  private final ConcurrentHashMap<K, CompletableFuture<V>> loading = new ConcurrentHashMap<>();

  LoadedOnce(int most, Duration lifetime, Clock clock) {
    this.values =
        Caffeine.newBuilder()
            .maximumSize(most)
            .expireAfterWrite(lifetime)
            .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
            .executor(Runnable::run)
            .build();
  }

  V get(K key, Supplier<V> load) {
    V present = values.getIfPresent(key);
    if (present != null) {
      return present;
    }
    CompletableFuture<V> mine = new CompletableFuture<>();
    CompletableFuture<V> others = loading.putIfAbsent(key, mine);
    return others == null ? load(key, load, mine) : join(others);
  }

  private V load(K key, Supplier<V> load, CompletableFuture<V> mine) {
    try {
      V value = values.getIfPresent(key); // another load may just have ended
      if (value == null) {
        value = load.get();
        values.put(key, value);
      }
      mine.complete(value);
      return value;
    } catch (RuntimeException | Error e) {
      mine.completeExceptionally(e);
      throw e;
    } finally {
      boolean unused = loading.remove(key, mine);
    }
  }

  private static <V> V join(CompletableFuture<V> others) {
    try {
      return others.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e;
    }
  }

  void put(K key, V value) {
    values.put(key, value);
  }

  Set<K> keys() {
    return Set.copyOf(values.asMap().keySet());
  }

  void remove(K key) {
    values.invalidate(key);
  }

  void removeIf(Predicate<V> matches) {
    boolean unused = values.asMap().values().removeIf(matches);
  }
}
