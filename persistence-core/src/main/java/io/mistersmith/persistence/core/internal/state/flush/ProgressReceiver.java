package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import java.time.Duration;

/**
 * Hears how far another runtime has flushed. While it is heard, and the journal gets applied, this
 * runtime asks PostgreSQL neither for the lease nor for the position. Thread-safe.
 */
final class ProgressReceiver {

  private final JournalTracker tracker;
  private final Progress progress;
  private final Duration trust;
  private volatile Deadline end = Deadline.after(Duration.ZERO);
  private volatile boolean unknown;

  /** Holds the other runtime to be alive for {@code trust} after it was heard. */
  ProgressReceiver(JournalTracker tracker, Progress progress, Duration trust) {
    this.tracker = tracker;
    this.progress = progress;
    this.trust = trust;
  }

  /** Takes over the reported position. Quick. */
  void heard(JournalProgress told) {
    long before = tracker.position().sequence();
    unknown = !tracker.heard(told);
    end = Deadline.after(told.flushing() ? trust : Duration.ZERO);
    if (tracker.position().sequence() != before) {
      progress.signal();
    }
  }

  /** Returns whether another runtime flushes, as it says itself. */
  boolean isAnotherFlushing() {
    return !end.hasPassed();
  }

  /**
   * Returns whether the last report was of another epoch, so that it says nothing about the
   * position.
   */
  boolean isUnknown() {
    return unknown;
  }
}
