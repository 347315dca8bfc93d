package io.mistersmith.persistence.core.internal.transaction;

import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.transaction.TransactionOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Runs one transaction until it is committed, fails for good, or its time is over. A COMMIT whose
 * answer was lost is looked up before anything is repeated. For one call.
 */
final class Attempts<T> {

  /**
   * The most attempts that may lose their connection; the pool and the driver retry by themselves
   * before.
   */
  private static final int CONNECTIONS = 3;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(2);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);
  private static final Duration FIRST_RECONNECT = Duration.ofMillis(100);
  private static final Duration LONGEST_RECONNECT = Duration.ofSeconds(5);
  private static final Duration FIRST_LOOK = Duration.ofMillis(50);

  /** Once the time is over, a transaction that still holds the id is waited for no longer. */
  private static final Duration SHORTEST_LOOK = Duration.ofSeconds(1);

  private static final Duration LONGEST_LOOK = Duration.ofSeconds(1);

  /** One attempt. */
  interface Attempt<T> {
    /** Runs it; {@code returned} keeps what the body returned. */
    T run(SqlOptions options, Returned<T> returned);
  }

  /** Finds out whether an attempt was committed whose COMMIT was not answered. */
  interface Outcome {
    /** As {@link io.mistersmith.persistence.spi.sql.SqlStore#isCommitted(SqlOptions)}. */
    boolean isCommitted(SqlOptions options);
  }

  private final Optional<Outcome> outcome;
  private final TransactionOptions options;
  private final Attempt<T> attempt;
  private final Deadline deadline;
  private final Backoff conflicts = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
  private final Backoff reconnects = new Backoff(FIRST_RECONNECT, LONGEST_RECONNECT);
  private final List<Throwable> failed = new ArrayList<>(0);
  private int lostConnections;
  private int begun;

  /**
   * Attempts at a transaction.
   *
   * @param outcome how its outcome is found out; empty where it cannot be
   */
  Attempts(Optional<Outcome> outcome, TransactionOptions options, Attempt<T> attempt) {
    this.outcome = outcome;
    this.options = options;
    this.attempt = attempt;
    this.deadline = Deadline.after(options.timeout());
  }

  /** Returns how often the transaction was begun. */
  int begun() {
    return begun;
  }

  T run() {
    Duration left = options.timeout();
    while (true) {
      Returned<T> returned = new Returned<>();
      SqlOptions unit = StoreOptions.of(options, left);
      begun++;
      try {
        T unused = attempt.run(unit, returned);
        return returned.committed();
      } catch (PersistenceException e) {
        if (e.error() == DataError.OUTCOME_UNKNOWN) {
          if (!returned.isReady()) {
            throw last(e); // of what the body did elsewhere, which it must not do again
          }
          if (findOut(unit, e)) {
            return returned.committed();
          }
          left = leftAfter(nothingApplied(e));
        } else {
          left = leftAfter(e);
        }
      } catch (RuntimeException | Error e) {
        keepEarlier(e);
        throw e;
      }
    }
  }

  /**
   * Waits, and returns the time that is left for the next attempt; throws the failure if none is
   * left.
   */
  private Duration leftAfter(PersistenceException failure) {
    if (!isWorthAnother(failure) || !pause(pauseAfter(failure))) {
      throw last(failure);
    }
    Duration left = deadline.left();
    if (left.isZero()) {
      throw last(failure);
    }
    failed.add(failure);
    return left;
  }

  private boolean isWorthAnother(PersistenceException failure) {
    if (!failure.isTransient()) {
      return false;
    }
    return switch (failure.error()) {
      case TRANSACTION_CONFLICT -> true;
      case CONNECTION_FAILED, UNAVAILABLE, POOL_EXHAUSTED -> ++lostConnections < CONNECTIONS;
      default -> false;
    };
  }

  private Duration pauseAfter(PersistenceException failure) {
    return failure.error() == DataError.TRANSACTION_CONFLICT ? conflicts.next() : reconnects.next();
  }

  /**
   * Looks up a transaction whose COMMIT was not answered, until it is known or the time is over.
   *
   * @return true when it was committed, and false when it was not
   * @throws PersistenceException {@code unknown}, when that cannot be found out; {@code
   *     DUPLICATE_KEY} when another one with its id was committed instead
   */
  private boolean findOut(SqlOptions unit, PersistenceException unknown) {
    if (outcome.isEmpty()) {
      throw last(unknown);
    }
    Backoff looks = new Backoff(FIRST_LOOK, LONGEST_LOOK);
    while (true) {
      try {
        Duration longest = longer(deadline.left(), SHORTEST_LOOK);
        return outcome.get().isCommitted(unit.withDeadline(longest));
      } catch (TransientPersistenceException e) {
        unknown.addSuppressed(e);
        if (!pause(looks.next())) {
          throw last(unknown);
        }
      } catch (PersistenceException e) {
        if (e.error() == DataError.DUPLICATE_KEY) {
          e.addSuppressed(unknown);
          throw last(e);
        }
        unknown.addSuppressed(e);
        throw last(unknown);
      }
    }
  }

  /** The failure of a COMMIT that was lost, once it is known that nothing was applied. */
  private PersistenceException nothingApplied(PersistenceException unknown) {
    return new TransientPersistenceException(
        DataError.CONNECTION_FAILED,
        options.what() + ": the connection was lost at COMMIT, and nothing was applied",
        unknown);
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  /** Waits within the deadline; returns false when it is over, or the thread is interrupted. */
  private boolean pause(Duration pause) {
    if (deadline.left().compareTo(pause) <= 0) {
      return false;
    }
    try {
      TimeUnit.NANOSECONDS.sleep(pause.toNanos());
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Returns the failure that is thrown, with those of the attempts before it. */
  private PersistenceException last(PersistenceException failure) {
    keepEarlier(failure);
    return failure;
  }

  private void keepEarlier(Throwable failure) {
    for (Throwable earlier : failed) {
      if (earlier != failure) {
        failure.addSuppressed(earlier);
      }
    }
  }
}
