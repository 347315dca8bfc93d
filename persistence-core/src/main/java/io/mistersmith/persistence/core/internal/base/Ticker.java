package io.mistersmith.persistence.core.internal.base;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;

/** The time that background services are run by. Thread-safe. */
public interface Ticker {

  /** The JVM's monotonic clock. */
  Ticker SYSTEM =
      new Ticker() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        @SuppressWarnings("WaitNotInLoop") // the callers loop
        public void await(Condition changed, long nanos) throws InterruptedException {
          long unused = changed.awaitNanos(nanos);
        }
      };

  /** Returns the time in nanoseconds since an arbitrary point; it never goes back. */
  long nanos();

  /**
   * Waits until {@code changed} is signalled, or for {@code nanos} of this ticker's time. May
   * return early. The caller holds the lock of the condition.
   */
  void await(Condition changed, long nanos) throws InterruptedException;

  /** {@link #await(Condition, long)} without an end, for a wait that only a signal ends. */
  default void await(Condition changed) throws InterruptedException {
    await(changed, TimeUnit.HOURS.toNanos(1));
  }
}
