package io.mistersmith.persistence.core.internal.guard;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.event.StoreEvent.FallbackUsed;
import io.mistersmith.persistence.guard.Fallback;
import io.mistersmith.persistence.guard.StoreGuard.Answer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Answers in the place of a call that failed, and remembers answers for that. Thread-safe. */
final class Fallbacks {

  private static final int MOST_ANSWERS = 10_000;

  private record Key(String operation, String key) {}

  private record Kept(Object value, Instant at) {}

  private final PersistenceListener listener;
  private final Clock clock;
  private final Cache<Key, Kept> answers =
      Caffeine.newBuilder().maximumSize(MOST_ANSWERS).executor(Runnable::run).build();

  Fallbacks(PersistenceListener listener, Clock clock) {
    this.listener = listener;
    this.clock = clock;
  }

  /** Whether another answer than the store's will do. */
  static boolean mayReplace(DataError failure) {
    return switch (failure) {
      case CONNECTION_FAILED, TIMEOUT, UNAVAILABLE, POOL_EXHAUSTED, STORE_FULL, BACKLOG_EXCEEDED ->
          true;
      default -> false;
    };
  }

  /** Remembers a fresh answer, where a fallback may want it. */
  <T> void keep(String operation, List<? extends Fallback<T>> fallbacks, T value) {
    for (Fallback<T> fallback : fallbacks) {
      if (fallback instanceof Fallback.Cached<T> cached && value != null) {
        answers.put(new Key(operation, cached.key()), new Kept(value, clock.instant()));
      }
    }
  }

  /** Returns the answer of the first fallback that has one; throws {@code failure} if none has. */
  <T> Answer<T> answer(
      String operation, List<? extends Fallback<T>> fallbacks, PersistenceException failure) {
    for (Fallback<T> fallback : fallbacks) {
      try {
        Optional<Answer<T>> answer = answer(operation, fallback, failure);
        if (answer.isPresent()) {
          listener.on(
              new FallbackUsed(operation, fallback.kind(), failure.error(), answer.get().age()));
          return answer.get();
        }
      } catch (RuntimeException e) {
        if (e != failure) {
          failure.addSuppressed(e);
        }
      }
    }
    throw failure;
  }

  private <T> Optional<Answer<T>> answer(
      String operation, Fallback<T> fallback, PersistenceException failure) {
    if (fallback instanceof Fallback.Cached<T> cached) {
      return cached(operation, cached, failure);
    }
    if (fallback instanceof Fallback.ReducedAccuracy<T> reduced) {
      return Optional.of(answer(reduced.estimate().get(), fallback, failure));
    }
    if (fallback instanceof Fallback.Essential<T> essential) {
      return Optional.of(answer(essential.part().get(), fallback, failure));
    }
    return Optional.of(answer(((Fallback.Default<T>) fallback).value(), fallback, failure));
  }

  @SuppressWarnings("unchecked") // what a call of this operation returned is of its type
  private <T> Optional<Answer<T>> cached(
      String operation, Fallback.Cached<T> cached, PersistenceException failure) {
    Kept kept = answers.getIfPresent(new Key(operation, cached.key()));
    if (kept == null) {
      return Optional.empty();
    }
    Duration age = Duration.between(kept.at(), clock.instant());
    if (age.compareTo(cached.maxAge()) > 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Answer<>(
            (T) kept.value(),
            Optional.of(Fallback.Kind.CACHED),
            Optional.of(age.isNegative() ? Duration.ZERO : age),
            Optional.of(failure)));
  }

  private static <T> Answer<T> answer(T value, Fallback<T> fallback, PersistenceException failure) {
    return new Answer<>(
        value, Optional.of(fallback.kind()), Optional.empty(), Optional.of(failure));
  }
}
