package io.mistersmith.persistence.core.internal.base;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A clock of the application's that never throws. While it throws, time goes on from its last
 * reading, measured by the JVM's monotonic clock, so that no flush, eviction or write fails for it.
 * Thread-safe.
 */
public final class SteadyClock extends Clock {

  private static final Logger LOG = LoggerFactory.getLogger(SteadyClock.class);

  private record Reading(Instant time, long nanos) {}

  private final Clock clock;
  private final AtomicBoolean throwing = new AtomicBoolean();
  private volatile Reading last = new Reading(Instant.now(), System.nanoTime());

  private SteadyClock(Clock clock) {
    this.clock = clock;
  }

  /** Returns the clock itself if it is the system's, which never throws, and else a guard of it. */
  public static Clock of(Clock clock) {
    boolean neverThrows =
        clock.getClass() == Clock.systemUTC().getClass() || clock instanceof SteadyClock;
    return neverThrows ? clock : new SteadyClock(clock);
  }

  @Override
  public Instant instant() {
    boolean interrupted = Thread.currentThread().isInterrupted();
    try {
      Instant now = clock.instant();
      last = new Reading(now, System.nanoTime());
      if (throwing.get() && throwing.compareAndSet(true, false)) {
        LOG.info("the application's clock answers again");
      }
      return now;
    } catch (Throwable e) {
      if (throwing.compareAndSet(false, true)) {
        LOG.error(
            "the application's clock threw; the engine measures time from its last answer until it"
                + " answers again. Fix the clock that PersistenceConfig was given",
            e);
      }
      Reading reading = last;
      return reading.time().plus(Duration.ofNanos(System.nanoTime() - reading.nanos()));
    } finally {
      if (!interrupted) { // an interrupt from before the call is not the clock's
        LibraryThreads.dropInterrupt("the application's clock");
      }
    }
  }

  @Override
  public long millis() {
    return instant().toEpochMilli();
  }

  @Override
  public ZoneId getZone() {
    return clock.getZone();
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return new SteadyClock(clock.withZone(zone));
  }
}
