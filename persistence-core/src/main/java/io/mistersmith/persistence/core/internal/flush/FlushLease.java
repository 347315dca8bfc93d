package io.mistersmith.persistence.core.internal.flush;

import io.mistersmith.persistence.core.internal.resilience.Deadline;
import io.mistersmith.persistence.spi.JournalStore;
import java.time.Duration;

/**
 * The right to flush a bucket for all runtimes, a row on the database's clock. It only saves work:
 * a flusher that was paused past its lease and wakes up is refused by the position's
 * compare-and-set, not by this. Used by one thread.
 */
final class FlushLease {

  private final JournalStore journals;
  private final String bucket;
  private final String holder;
  private final Duration duration;
  private Deadline renewal = Deadline.after(Duration.ZERO);
  private volatile boolean held;

  FlushLease(JournalStore journals, String bucket, String holder, Duration duration) {
    this.journals = journals;
    this.bucket = bucket;
    this.holder = holder;
    this.duration = duration;
  }

  /** Takes or renews the lease when a third of it has passed since it was asked for last. */
  boolean hold() {
    if (renewal.hasPassed()) {
      held = false;
      held = journals.acquireLease(bucket, holder, duration);
      renewal = Deadline.after(duration.dividedBy(3));
    }
    return held;
  }

  /** Whether this runtime flushes, as far as it knows. */
  boolean isHeld() {
    return held;
  }

  void release() {
    if (held) {
      held = false;
      journals.releaseLease(bucket, holder);
    }
  }
}
