package io.mistersmith.persistence.model;

import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A hybrid logical clock: hands out {@link HybridTimestamp}s that only grow, whatever the wall
 * clock does, and that are later than every timestamp it was shown. Thread-safe and lock-free.
 *
 * <p>A timestamp from far ahead, from a machine whose clock is wrong, would drag every clock that
 * sees it along for good. This clock does not follow one that is further ahead than {@code
 * maxDrift}; {@link #after} still gives a timestamp that is later.
 */
public final class HybridClock {

  /** How far ahead of the wall clock another node's timestamp may be when nothing else is said. */
  public static final Duration DEFAULT_MAX_DRIFT = Duration.ofMinutes(1);

  private record Reading(long millis, int counter) {

    Reading next(long wall) {
      if (wall > millis) {
        return new Reading(wall, 0);
      }
      // The counter ends long before an int does only if a clock stops; then time moves on.
      return counter == Integer.MAX_VALUE
          ? new Reading(millis + 1, 0)
          : new Reading(millis, counter + 1);
    }

    Reading max(long otherMillis, int otherCounter) {
      boolean other = otherMillis > millis || (otherMillis == millis && otherCounter > counter);
      return other ? new Reading(otherMillis, otherCounter) : this;
    }
  }

  private final String node;
  private final InstantSource wall;
  private final Duration maxDrift;
  private final AtomicReference<Reading> last = new AtomicReference<>(new Reading(0, 0));
  private final AtomicReference<Reading> lastAhead = new AtomicReference<>(new Reading(0, 0));

  /**
   * A clock.
   *
   * @param node this writer's name, which no other writer has
   * @param wall the wall clock
   * @param maxDrift how far ahead of {@code wall} another node's timestamp may be
   */
  public HybridClock(String node, InstantSource wall, Duration maxDrift) {
    HybridTimestamp.checkNode(node);
    if (maxDrift.isNegative()) {
      throw new IllegalArgumentException(
          "maxDrift is " + maxDrift + "; give zero or more, such as one minute");
    }
    this.node = node;
    this.wall = wall;
    this.maxDrift = maxDrift;
  }

  /** A clock on the system's time with the default drift. */
  public static HybridClock system(String node) {
    return new HybridClock(node, InstantSource.system(), DEFAULT_MAX_DRIFT);
  }

  /** The name of this clock's node. */
  public String node() {
    return node;
  }

  /**
   * Returns a timestamp later than all that this method returned before, and than all that {@link
   * #observe} was shown and that were not too far ahead.
   */
  public HybridTimestamp now() {
    long millis = wall.millis();
    Reading now = last.updateAndGet(reading -> reading.next(millis));
    return new HybridTimestamp(now.millis(), now.counter(), node);
  }

  /**
   * Takes note of another writer's timestamp. One that is further ahead of the wall clock than
   * allowed leaves this clock unchanged.
   */
  public void observe(HybridTimestamp seen) {
    if (!isTooFarAhead(seen)) {
      last.updateAndGet(reading -> reading.max(seen.millis(), seen.counter()));
    }
  }

  /**
   * Returns a timestamp for a change of what was written at {@code seen}: later than that, however
   * far ahead it is. Where it is too far ahead the timestamp says its time with a larger counter,
   * and this clock stays where it is: what {@link #now} returns next may be earlier.
   */
  public HybridTimestamp after(HybridTimestamp seen) {
    observe(seen);
    if (!isTooFarAhead(seen)) {
      return now();
    }
    Reading ahead =
        lastAhead.updateAndGet(
            reading -> reading.max(seen.millis(), seen.counter()).next(seen.millis()));
    return new HybridTimestamp(ahead.millis(), ahead.counter(), node);
  }

  private boolean isTooFarAhead(HybridTimestamp seen) {
    return seen.millis() - wall.millis() > maxDrift.toMillis();
  }
}
