package io.mistersmith.persistence.core.internal.base;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.failsafe.function.CheckedSupplier;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Repeats a read-modify-write that lost its compare-and-set to another writer. The time is bounded,
 * not the number of attempts: beside a process that writes the key all the time each attempt wins
 * with a probability that depends on that process alone.
 */
public final class Conflicts {

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final RetryPolicy<Object> RETRY =
      RetryPolicy.builder()
          .handleIf(Conflicts::isConflict)
          .withMaxAttempts(-1)
          .withMaxDuration(PATIENCE)
          .withBackoff(Duration.ofNanos(200_000), Duration.ofMillis(5))
          .withJitter(0.5)
          .build();

  /** Longer than any wait between attempts, so that there are several. */
  private static final Duration SHORTEST = Duration.ofMillis(10);

  private Conflicts() {}

  /** Whether this failure says that another writer was faster. */
  public static boolean isConflict(Throwable failure) {
    return failure instanceof TransientPersistenceException transientFailure
        && transientFailure.error() == DataError.VERSION_CONFLICT;
  }

  /**
   * Runs {@code attempt} until it does not lose, with random waits in between, for 5 seconds at
   * most; then throws its last conflict.
   */
  public static <T> T retry(CheckedSupplier<T> attempt) {
    return interruptible(RETRY, attempt);
  }

  /**
   * Runs {@code attempt} until it does not lose, as {@link #retry(CheckedSupplier)} does, and
   * begins none after {@code limit}, which counts as 10 ms if it is shorter.
   */
  public static <T> T retry(Duration limit, CheckedSupplier<T> attempt) {
    Duration most = limit.compareTo(SHORTEST) < 0 ? SHORTEST : limit;
    return interruptible(
        RetryPolicy.builder(RETRY.getConfig()).withMaxDuration(most).build(), attempt);
  }

  private static <T> T interruptible(RetryPolicy<Object> policy, CheckedSupplier<T> attempt) {
    try {
      return Failsafe.with(policy).get(attempt);
    } catch (FailsafeException e) {
      if (!(e.getCause() instanceof InterruptedException)) {
        throw e;
      }
      Thread.currentThread().interrupt();
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED,
          "interrupted before the next attempt; the last one changed nothing, since another writer"
              + " was faster",
          e);
    }
  }

  /**
   * Runs a rewrite of an entry that may end meanwhile, which is a conflict: there is none now, and
   * one can be created.
   */
  public static <T> T rewriting(Supplier<T> rewrite) {
    return losing(rewrite, DataError.TTL_EXPIRED, "the entry ended meanwhile: ");
  }

  /**
   * Runs a create whose loss against another one is a conflict: there is an entry now to change.
   */
  public static <T> T creating(Supplier<T> create) {
    return losing(create, DataError.DUPLICATE_KEY, "lost against another create: ");
  }

  private static <T> T losing(Supplier<T> write, DataError error, String how) {
    try {
      return write.get();
    } catch (NonTransientPersistenceException e) {
      if (e.error() != error) {
        throw e;
      }
      throw new TransientPersistenceException(DataError.VERSION_CONFLICT, how + e.getMessage(), e);
    }
  }
}
