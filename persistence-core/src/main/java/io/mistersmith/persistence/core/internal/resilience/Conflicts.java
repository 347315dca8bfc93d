package io.mistersmith.persistence.core.internal.resilience;

import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import dev.failsafe.function.CheckedSupplier;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.time.Duration;

/** Repeats a read-modify-write that lost its compare-and-set to another writer. */
public final class Conflicts {

  private static final RetryPolicy<Object> RETRY =
      RetryPolicy.builder()
          .handleIf(Conflicts::isConflict)
          .withMaxAttempts(32)
          .withBackoff(Duration.ofMillis(1), Duration.ofMillis(50))
          .withJitter(0.5)
          .build();

  private Conflicts() {}

  /** Whether this failure says that another writer was faster. */
  public static boolean isConflict(Throwable failure) {
    return failure instanceof TransientPersistenceException transientFailure
        && transientFailure.error() == DataError.VERSION_CONFLICT;
  }

  /**
   * Runs {@code attempt} until it does not lose, 32 times at most; then throws its last conflict.
   */
  public static <T> T retry(CheckedSupplier<T> attempt) {
    return Failsafe.with(RETRY).get(attempt);
  }
}
