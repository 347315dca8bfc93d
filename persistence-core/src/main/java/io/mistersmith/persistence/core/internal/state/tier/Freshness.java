package io.mistersmith.persistence.core.internal.state.tier;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * The maximum age up to which an entry read from the bucket is trusted without asking PostgreSQL.
 *
 * <p>Evicted entries can come back: see {@link ConfirmedReads}. No entry is evicted before it was
 * idle for its time to live, so a younger entry never was evicted. A quarter of that time allows
 * for differences between the clocks of the server and the processes.
 */
public final class Freshness {

  private final Clock clock;
  private final long millis;

  private Freshness(Clock clock, long millis) {
    this.clock = clock;
    this.millis = millis;
  }

  /** Returns the freshness of a bucket whose entries are evicted after this idle time. */
  public static Freshness of(Clock clock, Duration idleTimeToLive) {
    return new Freshness(clock, idleTimeToLive.multipliedBy(3).dividedBy(4).toMillis());
  }

  /** Returns whether an entry that was stored then cannot have been evicted by now. */
  public boolean isFresh(Instant stored) {
    return isFresh(stored.toEpochMilli());
  }

  /** {@link #isFresh(Instant)} of milliseconds. */
  public boolean isFresh(long storedMillis) {
    return wasFresh(storedMillis, clock.millis());
  }

  /**
   * Returns whether an entry that was stored then could not have been evicted by {@code atMillis}.
   */
  boolean wasFresh(long storedMillis, long atMillis) {
    return atMillis - storedMillis < millis;
  }

  /** Now, as the entries' age is measured. */
  public long now() {
    return clock.millis();
  }
}
