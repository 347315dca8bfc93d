package io.mistersmith.persistence.core.internal.state.cache;

import java.time.Clock;
import java.util.concurrent.TimeUnit;

/**
 * The time as of the last tick, which costs a read from memory; the watch ticks four times a second
 * and with each change. It measures how long something was kept, and does not follow the system's
 * clock when that is set. Any other clock may be moved by hand, so that one is asked each time.
 */
final class CoarseClock {

  private final Clock clock;
  private final Clock ends;
  private final boolean exact;
  private volatile long ticked;

  /** Ticks with {@code clock}; {@code ends} shows the time of day. */
  CoarseClock(Clock clock, Clock ends) {
    this.clock = clock;
    this.ends = ends;
    this.exact = clock.getClass() != Clock.systemUTC().getClass();
    tick();
  }

  void tick() {
    ticked = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }

  /** The time in milliseconds since whenever, up to a tick late. */
  long millis() {
    return exact ? clock.millis() : ticked;
  }

  /** The time of day by which entries end, in milliseconds. */
  long timeOfDay() {
    return ends.millis();
  }
}
