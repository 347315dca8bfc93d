package io.mistersmith.persistence.core.internal.cache;

import java.time.Clock;

/**
 * The time as of the last tick, which costs a read from memory; the watch ticks about twenty times
 * a second. A clock that is not the system's may be moved by hand, so that one is asked each time.
 */
final class CoarseClock {

  private final Clock clock;
  private final boolean exact;
  private volatile long ticked;

  CoarseClock(Clock clock) {
    this.clock = clock;
    this.exact = clock.getClass() != Clock.systemUTC().getClass();
    tick();
  }

  void tick() {
    ticked = clock.millis();
  }

  /** The time in milliseconds, up to a tick late. */
  long millis() {
    return exact ? clock.millis() : ticked;
  }

  /** The time in milliseconds. */
  long exactMillis() {
    return clock.millis();
  }
}
