package io.mistersmith.persistence.core.fault;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;

/** The system's clock, which a test moves ahead. */
final class MovedClock extends Clock {

  private final AtomicLong aheadMillis = new AtomicLong();

  /** Moves the clock ahead, once for all. */
  void advance(Duration time) {
    long unused = aheadMillis.addAndGet(time.toMillis());
  }

  @Override
  public Instant instant() {
    return Clock.systemUTC().instant().plusMillis(aheadMillis.get());
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException("times are in UTC");
  }
}
