package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the other runtimes how far this one has flushed, so that they need not ask PostgreSQL: a
 * few times a second while the position moves, and otherwise just often enough to show that this
 * runtime lives. Used by one thread.
 */
final class ProgressSender {

  private static final Logger LOG = LoggerFactory.getLogger(ProgressSender.class);
  private static final Duration MOVING = Duration.ofMillis(250);
  private static final Duration IDLE = Duration.ofMillis(500);

  private final Journal journal;
  private long told = -1;
  private Deadline moving = Deadline.after(Duration.ZERO);
  private Deadline idle = Deadline.after(Duration.ZERO);

  ProgressSender(Journal journal) {
    this.journal = journal;
  }

  /** Tells the position if it is time to. */
  void flushing(JournalPosition position, String primary) {
    boolean moved = position.sequence() != told;
    if (moved ? moving.hasPassed() : idle.hasPassed()) {
      told = position.sequence();
      moving = Deadline.after(MOVING);
      idle = Deadline.after(IDLE);
      send(true, position, primary);
    }
  }

  /** Tells that this runtime flushes no more. */
  void ended(JournalPosition position, String primary) {
    send(false, position, primary);
  }

  private void send(boolean flushing, JournalPosition position, String primary) {
    try {
      journal.tellProgress(
          new JournalProgress(
              flushing, position.epoch(), position.sequence(), position.messageTime(), primary));
    } catch (PersistenceException e) {
      LOG.debug("bucket {}: progress not told: {}", journal.name(), e.getMessage());
    }
  }
}
