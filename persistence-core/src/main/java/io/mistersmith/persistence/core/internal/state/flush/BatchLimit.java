package io.mistersmith.persistence.core.internal.state.flush;

import java.time.Duration;

/**
 * How many entries a batch may hold: as many as are configured, but fewer while PostgreSQL is slow.
 * After a batch that ran out of time the next one has an eighth of its entries, down to a single
 * one; after one that took long, half; after a fast one, twice as many. Used by the flush's thread.
 */
final class BatchLimit {

  private static final Duration LONG = Duration.ofSeconds(2);
  private static final Duration SHORT = Duration.ofMillis(500);

  private final int most;
  private int now;

  BatchLimit(int most) {
    this.most = most;
    this.now = most;
  }

  int entries() {
    return now;
  }

  /** Whether batches cannot be made smaller: each ends after an entry, or after its step. */
  boolean isLeast() {
    return now == 1;
  }

  /** A batch of this many entries ran out of time. */
  void ranOutOfTime(int entries) {
    now = Math.max(1, Math.min(now, entries) / 8);
  }

  /** A batch of this many entries was committed. */
  void committed(int entries, Duration took) {
    if (took.compareTo(LONG) > 0) {
      now = Math.max(1, Math.min(now, entries) / 2);
    } else if (now < most && took.compareTo(SHORT) < 0) {
      now = (int) Math.min(most, now * 2L);
    }
  }
}
