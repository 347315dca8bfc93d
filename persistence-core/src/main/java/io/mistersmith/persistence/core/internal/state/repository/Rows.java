package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/** Turns what happens to one row of a bulk call into its result. */
final class Rows {

  private Rows() {}

  /** Runs all calls, then waits for each; a call that throws at once fails its own row only. */
  static <K, T> Map<K, DataResult<T>> join(
      Iterable<K> keys, Function<K, CompletableFuture<T>> call) {
    Map<K, CompletableFuture<T>> calls = new LinkedHashMap<>();
    for (K key : keys) {
      calls.put(key, start(() -> call.apply(key)));
    }
    return wait(calls);
  }

  /** {@link #join(Iterable, Function)} for calls that take a value with their key. */
  static <K, V, T> Map<K, DataResult<T>> join(
      Map<K, V> values, BiFunction<K, V, CompletableFuture<T>> call) {
    Map<K, CompletableFuture<T>> calls = new LinkedHashMap<>();
    values.forEach((key, value) -> calls.put(key, start(() -> call.apply(key, value))));
    return wait(calls);
  }

  /** Starts a call; whatever is thrown, the future fails with the exception or Error itself. */
  static <T> CompletableFuture<T> start(Supplier<CompletableFuture<T>> call) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      CompletableFuture<T> unused =
          call.get()
              .whenComplete(
                  (value, failure) -> {
                    if (failure == null) {
                      result.complete(value);
                    } else {
                      result.completeExceptionally(typed(failure));
                    }
                  });
    } catch (Throwable e) {
      result.completeExceptionally(typed(e));
    }
    return result;
  }

  private static Throwable typed(Throwable failure) {
    Throwable cause = Failures.cause(failure);
    if (cause instanceof RejectedExecutionException) {
      return new NonTransientPersistenceException(
          DataError.CLOSED, "the persistence layer is closed; open it again", cause);
    }
    return cause;
  }

  /**
   * Returns the failure of a batch that the store did not answer: later batches would wait for the
   * same.
   */
  static <T> Optional<PersistenceException> outage(Collection<DataResult<T>> rows) {
    Optional<PersistenceException> first = rows.stream().findFirst().flatMap(DataResult::failure);
    boolean all = rows.stream().allMatch(row -> row.failure().filter(Rows::isOutage).isPresent());
    return all ? first : Optional.empty();
  }

  private static boolean isOutage(PersistenceException failure) {
    return switch (failure.error()) {
      case CONNECTION_FAILED, TIMEOUT, UNAVAILABLE, OUTCOME_UNKNOWN, CLOSED -> true;
      default -> false;
    };
  }

  private static <K, T> Map<K, DataResult<T>> wait(Map<K, CompletableFuture<T>> calls) {
    Map<K, DataResult<T>> rows = new LinkedHashMap<>();
    calls.forEach((key, future) -> rows.put(key, row(future)));
    return rows;
  }

  private static <T> DataResult<T> row(CompletableFuture<T> future) {
    try {
      return DataResult.success(future.join());
    } catch (CompletionException e) {
      return DataResult.failure(
          e.getCause() instanceof PersistenceException failure
              ? failure
              : new TransientPersistenceException(
                  DataError.CONNECTION_FAILED, "the call failed", e.getCause()));
    }
  }
}
