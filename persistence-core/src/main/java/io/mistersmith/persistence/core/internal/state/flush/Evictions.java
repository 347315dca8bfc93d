package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for evictions that were sent one after another. */
public final class Evictions {

  private Evictions() {}

  /** Waits until all are answered; fails as transient when one is not in time. */
  public static void await(List<CompletableFuture<Void>> evictions, Duration deadline) {
    try {
      CompletableFuture.allOf(evictions.toArray(CompletableFuture[]::new))
          .get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof PersistenceException failure
          ? failure
          : new TransientPersistenceException(
              DataError.CONNECTION_FAILED, "an eviction failed", e.getCause());
    } catch (TimeoutException e) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED,
          evictions.size() + " evictions were not answered within " + deadline,
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, "interrupted while evicting", e);
    }
  }
}
