package io.mistersmith.persistence.core.internal.base;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Waits between attempts: the base, doubled each time up to a cap, each with up to half of it taken
 * off at random. Used by one thread.
 */
public final class Backoff {

  private final long baseNanos;
  private final long capNanos;
  private int attempts;

  /** Waits that begin with {@code base} and never exceed {@code cap}. */
  public Backoff(Duration base, Duration cap) {
    this.baseNanos = base.toNanos();
    this.capNanos = cap.toNanos();
  }

  /** The next wait. */
  public Duration next() {
    long nanos = Math.min(capNanos, baseNanos << Math.min(attempts, 20));
    attempts++;
    return Duration.ofNanos(nanos - ThreadLocalRandom.current().nextLong(nanos / 2 + 1));
  }

  /** Begins with the base again. */
  public void reset() {
    attempts = 0;
  }
}
