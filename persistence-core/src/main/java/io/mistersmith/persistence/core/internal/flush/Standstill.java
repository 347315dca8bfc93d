package io.mistersmith.persistence.core.internal.flush;

import io.mistersmith.persistence.core.internal.journal.JournalTracker;
import io.mistersmith.persistence.core.internal.resilience.Deadline;
import io.mistersmith.persistence.spi.JournalPosition;
import java.time.Duration;

/**
 * Notices that nobody flushes although writes of this process wait: the position stood still for
 * the whole consistency window (200 ms, seed section 7.1). That is so from the death of the runtime
 * that held the lease until the lease runs out. Whoever notices flushes without it: that is always
 * safe, and where the holder lives after all, one of the two is refused and the position has moved.
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

  private boolean somethingWaits() {
    return tracker.highest() > tracker.position().sequence();
  }
}
