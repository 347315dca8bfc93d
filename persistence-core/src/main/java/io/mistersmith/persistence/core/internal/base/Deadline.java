package io.mistersmith.persistence.core.internal.base;

import java.time.Duration;

/** A point in time by which something must be done, on the monotonic clock. Immutable. */
public final class Deadline {

  private final long nanos;

  private Deadline(long nanos) {
    this.nanos = nanos;
  }

  /** This long from now. */
  public static Deadline after(Duration duration) {
    return new Deadline(System.nanoTime() + duration.toNanos());
  }

  /** Whether it has passed. */
  public boolean hasPassed() {
    return nanos - System.nanoTime() <= 0;
  }

  /** Returns the time that is left, never negative. */
  public Duration left() {
    return Duration.ofNanos(Math.max(0, nanos - System.nanoTime()));
  }

  /** Returns the time that is left, at most {@code most}. */
  public Duration left(Duration most) {
    Duration left = left();
    return left.compareTo(most) < 0 ? left : most;
  }
}
