package io.mistersmith.persistence.core.internal.base;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A ticker that a test moves. Thread-safe. */
public final class ManualTicker implements Ticker {

  private static final long LOOK = TimeUnit.MICROSECONDS.toNanos(200);

  /** Every loop that waits by this ticker sees each step. */
  private static final long SEEN = 4 * LOOK;

  private final AtomicLong now = new AtomicLong(42);
  private volatile @Nullable Throwable failure;

  /**
   * Moves the time in steps of {@code step}. After each step, waits until the services have taken
   * all turns that are due.
   */
  public void advance(Services services, Duration duration, Duration step) {
    long end = now.get() + duration.toNanos();
    while (now.get() < end) {
      now.addAndGet(step.toNanos());
      LockSupport.parkNanos(SEEN);
      awaitQuiet(services);
    }
  }

  /** Waits until the services have taken all turns that are due. */
  public void awaitQuiet(Services services) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
    while (!services.areQuiet()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("turns that are due were not taken within 15 s");
      }
      LockSupport.parkNanos(LOOK);
    }
  }

  /** Moves the time, and waits for nothing. */
  public void move(Duration duration) {
    now.addAndGet(duration.toNanos());
  }

  /** Every question for the time throws {@code thrown} from now on; null ends that. */
  public void fail(@Nullable Throwable thrown) {
    failure = thrown;
  }

  @Override
  public long nanos() {
    Throwable thrown = failure;
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown != null) {
      throw new IllegalStateException(thrown);
    }
    return now.get();
  }

  /** Returns early, for the caller to look at the time again. */
  @Override
  @SuppressWarnings("WaitNotInLoop") // the callers loop
  public void await(Condition changed, long nanos) throws InterruptedException {
    if (nanos > 0) {
      long unused = changed.awaitNanos(LOOK);
    }
  }
}
