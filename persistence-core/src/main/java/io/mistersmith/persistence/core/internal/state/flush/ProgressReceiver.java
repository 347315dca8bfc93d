package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import io.mistersmith.persistence.spi.sql.JournalStore;
import java.time.Duration;

/**
 * Hears how far another runtime has flushed. While it is heard, and the journal gets applied, this
 * runtime asks PostgreSQL neither for the lease nor for the position. Thread-safe.
 */
final class ProgressReceiver {

  private final JournalTracker tracker;
  private final JournalStore journals;
  private final Progress progress;
  private final Duration trust;
  private volatile Deadline end = Deadline.after(Duration.ZERO);
  private volatile boolean unknown;

  /** Holds the other runtime to be alive for {@code trust} after it was heard. */
  ProgressReceiver(
      JournalTracker tracker, JournalStore journals, Progress progress, Duration trust) {
    this.tracker = tracker;
    this.journals = journals;
    this.progress = progress;
    this.trust = trust;
  }

  /**
   * Takes over the reported position, unless it is that of a primary that was demoted, where what
   * was flushed is lost, or of another database. Quick.
   */
  void heard(JournalProgress told) {
    if (journals.isOutdated(told.primary())) {
      return;
    }
    long before = tracker.position().sequence();
    unknown = !tracker.heard(told);
    if (!unknown) {
      journals.heardOf(told.primary());
    }
    end = Deadline.after(told.flushing() ? trust : Duration.ZERO);
    if (tracker.position().sequence() != before) {
      progress.signal();
    }
  }

  /**
   * Takes over nothing of the position, which this runtime moves itself. Another one that flushes
   * to a primary of a later timeline shows that the lease of this one is in a demoted one. Quick.
   */
  void heardWhileFlushing(JournalProgress told) {
    if (told.epoch() == tracker.position().epoch()) {
      journals.heardOf(told.primary());
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
