package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.time.Duration;

/**
 * Checks whether any runtime applies the journal: compares the position with the end of the stream
 * at the previous look. While entries of that time are not applied, the position must at least have
 * moved. Used by one thread.
 */
final class Arrears {

  private static final Duration FIRST = Duration.ofMillis(500);

  private final Journal journal;
  private final JournalTracker tracker;
  private JournalPosition seen;
  private long owed;
  private long nothingUpTo;

  Arrears(Journal journal, JournalTracker tracker) {
    this.journal = journal;
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
    long end = journal.state().lastSequence();
    JournalPosition position = tracker.position();
    if (isBehind(position)) {
      position = tracker.refresh();
    }
    boolean workedOff = !isBehind(position) || nothingWaits(position);
    seen = position;
    owed = end;
    return workedOff;
  }

  /** Returns whether the known position has moved since the previous look. Sends no request. */
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
        journal.read(JournalRange.from(position.sequence() + 1).withoutValues())) {
      if (reader.next(FIRST).isPresent()) {
        return false;
      }
      // A slow server may only not have delivered it yet: then the next look asks again.
      if (reader.position() >= owed) {
        nothingUpTo = owed;
      }
    }
    return true;
  }
}
