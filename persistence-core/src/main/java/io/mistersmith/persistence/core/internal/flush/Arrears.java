package io.mistersmith.persistence.core.internal.flush;

import io.mistersmith.persistence.core.internal.journal.JournalTracker;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.JournalReader;
import java.time.Duration;

/**
 * Tells whether the journal gets applied, whichever runtime does it: compares the position with
 * where the stream ended at the look before. What was in the stream then and is not applied yet
 * must at least have moved the position. Used by one thread.
 */
final class Arrears {

  private static final Duration FIRST = Duration.ofMillis(500);

  private final HotBucket bucket;
  private final JournalTracker tracker;
  private JournalPosition seen;
  private long owed;
  private long nothingUpTo;

  Arrears(HotBucket bucket, JournalTracker tracker) {
    this.bucket = bucket;
    this.tracker = tracker;
    this.seen = tracker.position();
  }

  /**
   * Returns false when messages wait that waited at the look before, and the position has not moved
   * since. Asks the bucket for the end of its stream, and PostgreSQL only where something may wait.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when a store does not answer
   */
  boolean areWorkedOff() {
    long end = bucket.state().lastSequence();
    JournalPosition position = tracker.position();
    if (isBehind(position)) {
      position = tracker.refresh();
    }
    boolean workedOff = !isBehind(position) || nothingWaits(position);
    seen = position;
    owed = end;
    return workedOff;
  }

  /** Returns whether the position has moved since the look before. Asks nobody. */
  boolean haveShrunk() {
    JournalPosition position = tracker.position();
    if (position.equals(seen)) {
      return false;
    }
    seen = position;
    owed = 0;
    return true;
  }

  private boolean isBehind(JournalPosition position) {
    return position.sequence() < owed && position.equals(seen);
  }

  /** The stream's last messages may have been removed; the position cannot pass them then. */
  private boolean nothingWaits(JournalPosition position) {
    if (owed <= nothingUpTo) {
      return true;
    }
    try (JournalReader reader =
        bucket.read(JournalRange.from(position.sequence() + 1).withoutValues())) {
      if (reader.next(FIRST).isPresent()) {
        return false;
      }
    }
    nothingUpTo = owed;
    return true;
  }
}
