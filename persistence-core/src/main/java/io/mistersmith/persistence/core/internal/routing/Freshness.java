package io.mistersmith.persistence.core.internal.routing;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * How long a bucket is taken at its word about an entry.
 *
 * <p>Evicted entries can come back: see {@link ConfirmedBucket}. Nothing is evicted before it was
 * idle for its time to live, so what is younger never was. A quarter of that time is left for the
 * clocks of server and processes to differ by.
 */
public final class Freshness {

  /** For a bucket that nothing is evicted from. */
  public static final Freshness UNLIMITED = new Freshness(Clock.systemUTC(), Long.MAX_VALUE);

  private final Clock clock;
  private final long millis;

  private Freshness(Clock clock, long millis) {
    this.clock = clock;
    this.millis = millis;
  }

  /** For a bucket whose entries are evicted when they were idle for so long. */
  public static Freshness of(Clock clock, Duration idleTimeToLive) {
    return new Freshness(clock, idleTimeToLive.multipliedBy(3).dividedBy(4).toMillis());
  }

  /** Whether what was stored then cannot have been evicted by now. */
  boolean isFresh(Instant stored) {
    return isFresh(stored.toEpochMilli());
  }

  /** {@link #isFresh(Instant)} of milliseconds. */
  boolean isFresh(long storedMillis) {
    return wasFresh(storedMillis, clock.millis());
  }

  /** Whether what was stored then could not have been evicted by {@code atMillis}. */
  boolean wasFresh(long storedMillis, long atMillis) {
    return atMillis - storedMillis < millis;
  }

  /** Now, as the entries' age is measured. */
  long now() {
    return clock.millis();
  }
}
