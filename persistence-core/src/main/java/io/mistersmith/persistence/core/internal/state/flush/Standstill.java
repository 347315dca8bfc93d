package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.time.Duration;

/**
 * Notices that no runtime flushes although writes of this process wait: the position stood still
 * for the whole consistency window (200 ms). This happens between the death of the runtime that
 * held the lease and the end of the lease. A runtime that notices it flushes without the lease.
 * That is always safe: if the holder lives after all, PostgreSQL refuses one of the two, and the
 * position has moved.
 *
 * <p>The position is only read while this process has something to wait for. Used by one thread.
 */
final class Standstill {

  private static final Duration WINDOW = Duration.ofMillis(200);

  private final JournalTracker tracker;
  private JournalPosition seen;
  private Deadline end = Deadline.after(WINDOW);

  Standstill(JournalTracker tracker) {
    this.tracker = tracker;
    this.seen = tracker.position();
  }

  boolean isNoticed() {
    if (!somethingWaits()) {
      end = Deadline.after(WINDOW);
      return false;
    }
    JournalPosition now = tracker.refresh();
    if (!now.equals(seen) || !somethingWaits()) {
      seen = now;
      end = Deadline.after(WINDOW);
    }
    return end.hasPassed();
  }

  /**
   * Returns whether a write of this process waits, so that {@link #isNoticed} must be asked soon.
   */
  boolean somethingWaits() {
    return tracker.highest() > tracker.position().sequence();
  }
}
