package io.mistersmith.persistence.testkit.time;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * A clock that moves only when a test moves it, forth or back. Thread-safe; {@link #withZone} gives
 * a view that moves with it.
 */
public final class ManualClock extends Clock {

  private final Hand now;
  private final ZoneId zone;

  private ManualClock(Hand now, ZoneId zone) {
    this.now = now;
    this.zone = zone;
  }

  /** A clock that shows 2026-01-01T00:00:00Z. */
  public static ManualClock create() {
    return at(Instant.parse("2026-01-01T00:00:00Z"));
  }

  /** A clock that shows {@code start}, in UTC. */
  public static ManualClock at(Instant start) {
    return new ManualClock(new Hand(start), ZoneOffset.UTC);
  }

  /** Moves the clock by {@code step}, back when it is negative; returns the new time. */
  public Instant advance(Duration step) {
    return now.move(step);
  }

  /** Sets the clock to {@code time}, which may lie in its past. */
  public void set(Instant time) {
    now.set(time);
  }

  @Override
  public Instant instant() {
    return now.shown();
  }

  @Override
  public ZoneId getZone() {
    return zone;
  }

  @Override
  public Clock withZone(ZoneId newZone) {
    return new ManualClock(now, newZone);
  }

  /** The state that the views of one clock share. */
  private static final class Hand {

    private Instant shown;

    Hand(Instant shown) {
      this.shown = shown;
    }

    synchronized Instant shown() {
      return shown;
    }

    synchronized void set(Instant time) {
      shown = time;
    }

    synchronized Instant move(Duration step) {
      shown = shown.plus(step);
      return shown;
    }
  }
}
