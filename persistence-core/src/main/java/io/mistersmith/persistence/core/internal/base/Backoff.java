package io.mistersmith.persistence.core.internal.base;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Waits between attempts: the base, doubled each time up to a cap, each with a random part taken
 * off. Used by one thread.
 */
public final class Backoff {

  private final long baseNanos;
  private final long capNanos;
  private final long leastDivisor;
  private int attempts;

  /**
   * Waits that begin with {@code base} and never exceed {@code cap}, each with up to half of it
   * taken off.
   */
  public Backoff(Duration base, Duration cap) {
    this(base, cap, 2);
  }

  private Backoff(Duration base, Duration cap, long leastDivisor) {
    this.baseNanos = base.toNanos();
    this.capNanos = cap.toNanos();
    this.leastDivisor = leastDivisor;
  }

  /**
   * Waits with up to all of it taken off: callers that failed together do not come back together.
   */
  public static Backoff withFullJitter(Duration base, Duration cap) {
    return new Backoff(base, cap, 1);
  }

  /** The next wait. */
  public Duration next() {
    long nanos = Math.min(capNanos, baseNanos << Math.min(attempts, 20));
    attempts++;
    long most = nanos / leastDivisor;
    return Duration.ofNanos(nanos - ThreadLocalRandom.current().nextLong(most + 1));
  }

  /** Begins with the base again. */
  public void reset() {
    attempts = 0;
  }
}
