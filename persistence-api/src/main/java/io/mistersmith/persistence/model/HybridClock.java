package io.mistersmith.persistence.model;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A hybrid logical clock: hands out {@link HybridTimestamp}s that only grow, whatever the wall
 * clock does, and that are later than every timestamp it was shown. Thread-safe and lock-free.
 *
 * <p>A timestamp from far ahead, from a machine whose clock is wrong, would drag every clock that
 * sees it along for good. One that is further ahead than {@code maxDrift} is therefore refused.
 */
public final class HybridClock {

  /** How far ahead of the wall clock another node's timestamp may be when nothing else is said. */
  public static final Duration DEFAULT_MAX_DRIFT = Duration.ofMinutes(1);

  private record Reading(long millis, int counter) {

    Reading next(long wall) {
      if (wall > millis) {
        return new Reading(wall, 0);
      }
      // The counter ends long before an int does only if a clock stands still; then time moves on.
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

  /** A timestamp later than all before it, and than all that {@link #observe} was shown. */
  public HybridTimestamp now() {
    long millis = wall.millis();
    Reading now = last.updateAndGet(reading -> reading.next(millis));
    return new HybridTimestamp(now.millis(), now.counter(), node);
  }

  /**
   * Takes note of another writer's timestamp.
   *
   * @throws TransientPersistenceException with {@code CONSISTENCY_VIOLATION} when it is further
   *     ahead of the wall clock than allowed; this clock is unchanged
   */
  public void observe(HybridTimestamp seen) {
    long ahead = seen.millis() - wall.millis();
    if (ahead > maxDrift.toMillis()) {
      throw new TransientPersistenceException(
          DataError.CONSISTENCY_VIOLATION,
          "node "
              + seen.node()
              + " is "
              + ahead
              + " ms ahead of this machine's clock, more than "
              + maxDrift.toMillis()
              + " ms; set the clocks of both by NTP");
    }
    last.updateAndGet(reading -> reading.max(seen.millis(), seen.counter()));
  }
}
