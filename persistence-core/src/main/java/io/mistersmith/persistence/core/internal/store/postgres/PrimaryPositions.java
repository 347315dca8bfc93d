package io.mistersmith.persistence.core.internal.store.postgres;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * The latest positions of the primary, with the times at which they were asked for, by this
 * process's monotonic clock. A replica that has replayed one of them has all that was committed
 * before that time, whatever the servers' clocks say. Thread-safe.
 */
final class PrimaryPositions {

  private static final int KEPT = 32;

  private record Sample(long nanos, WalPosition position) {}

  private final Deque<Sample> latestFirst = new ArrayDeque<>();
  private final long apart;
  private String failure = "it was not asked yet";

  /** Keeps samples that reach back as far as a replica may be behind, however many come. */
  PrimaryPositions(Duration maxLag) {
    this.apart = maxLag.toNanos() / KEPT;
  }

  /** Notes where the primary was, at this time or later. */
  synchronized void add(long nanos, WalPosition position) {
    if (!latestFirst.isEmpty() && !latestFirst.peekFirst().position().isOnTimelineOf(position)) {
      latestFirst.clear();
    }
    removeTooClose();
    latestFirst.addFirst(new Sample(nanos, position));
    if (latestFirst.size() > KEPT) {
      latestFirst.removeLast();
    }
  }

  /** The latest sample makes room for the next one, unless it is long after the one before it. */
  private void removeTooClose() {
    if (latestFirst.size() > 1) {
      Sample latest = latestFirst.removeFirst();
      if (latest.nanos() - latestFirst.element().nanos() >= apart) {
        latestFirst.addFirst(latest);
      }
    }
  }

  /**
   * The primary does not say where it is. As far as this process knows nothing was committed since
   * it last did, and a replica that had all then does not fall behind.
   */
  synchronized void unknown(long nanos, String reason) {
    failure = reason;
    if (!latestFirst.isEmpty()) {
      latestFirst.addFirst(new Sample(nanos, latestFirst.removeFirst().position()));
    }
  }

  /** Returns why the primary did not say where it was, when it last did not. */
  synchronized String failure() {
    return failure;
  }

  synchronized Optional<WalPosition> latest() {
    return Optional.ofNullable(latestFirst.peekFirst()).map(Sample::position);
  }

  /** Returns the latest known time of which a server at this position has everything. */
  synchronized Optional<Long> asOf(WalPosition replayed) {
    for (Sample sample : latestFirst) {
      if (replayed.covers(sample.position())) {
        return Optional.of(sample.nanos());
      }
    }
    return Optional.empty();
  }
}
