package io.mistersmith.persistence.core.internal.flush;

import io.mistersmith.persistence.core.internal.journal.JournalTracker;
import io.mistersmith.persistence.core.internal.resilience.Deadline;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.repository.DeadLetter;
import io.mistersmith.persistence.spi.DeadLetterStore;
import io.mistersmith.persistence.spi.JournalPosition;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits until PostgreSQL's position has passed a write. When this runtime flushes, its own flush
 * wakes the waiters; when another one does, the position is read again and again. Thread-safe.
 */
public final class DurabilityWaiter implements Commits {

  private static final Logger LOG = LoggerFactory.getLogger(DurabilityWaiter.class);
  private static final Duration SHORTEST = Duration.ofMillis(5);
  private static final Duration LONGEST = Duration.ofMillis(50);

  private final String bucket;
  private final JournalTracker tracker;
  private final WriteBehindFlusher flusher;
  private final Progress progress;
  private final DeadLetterStore deadLetters;

  /** Waits for what {@code flusher}, or another runtime's, applies. */
  public DurabilityWaiter(
      String bucket,
      JournalTracker tracker,
      WriteBehindFlusher flusher,
      Progress progress,
      DeadLetterStore deadLetters) {
    this.bucket = bucket;
    this.tracker = tracker;
    this.flusher = flusher;
    this.progress = progress;
    this.deadLetters = deadLetters;
  }

  @Override
  public void await(StateKey key, Revision revision, Duration limit) {
    awaitAll("key " + key, revision, limit);
    Optional<DeadLetter> refused = deadLetters.openFor(bucket, key, revision);
    if (refused.isPresent()) {
      throw new NonTransientPersistenceException(
          DataError.DEAD_LETTERED,
          "bucket "
              + bucket
              + ", key "
              + key
              + ", revision "
              + refused.get().revision()
              + ": PostgreSQL refused it ("
              + refused.get().reason()
              + "); it is kept as dead letter "
              + refused.get().id());
    }
  }

  @Override
  public void awaitAll(String what, Revision revision, Duration limit) {
    Deadline deadline = Deadline.after(limit);
    do {
      if (!isPast(revision) && !nudgeAndAwait(revision, deadline)) {
        throw new TransientPersistenceException(
            DataError.CONNECTION_FAILED,
            "bucket "
                + bucket
                + ", "
                + what
                + ", revision "
                + revision
                + ": acknowledged, but not in PostgreSQL within "
                + limit
                + "; it stays in the journal and is flushed when PostgreSQL is back");
      }
      verifyStream();
    } while (!isPast(revision));
  }

  private boolean nudgeAndAwait(Revision revision, Deadline deadline) {
    flusher.nudge(revision.sequence());
    return awaitPast(revision, deadline);
  }

  /**
   * A position far ahead says nothing about a write to a stream that was made anew since, which
   * nobody may have noticed yet.
   */
  private void verifyStream() {
    try {
      if (!tracker.isOfThisStream()) {
        tracker.verify();
      }
    } catch (PersistenceException e) {
      if (!e.isTransient()) {
        throw e;
      }
      LOG.debug("bucket {}: the stream was not looked at: {}", bucket, e.getMessage());
    }
  }

  private boolean awaitPast(Revision revision, Deadline deadline) {
    Duration wait = SHORTEST;
    try {
      while (true) {
        long seen = progress.moves();
        if (isPast(revision)) {
          return true;
        }
        if (deadline.hasPassed()) {
          return false;
        }
        progress.await(seen, deadline.left(wait));
        wait = wait.multipliedBy(2).compareTo(LONGEST) < 0 ? wait.multipliedBy(2) : LONGEST;
        if (!flusher.isLeading()) {
          readPosition();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void readPosition() {
    try {
      tracker.refresh();
    } catch (PersistenceException e) {
      if (!e.isTransient()) {
        throw e;
      }
      LOG.debug("bucket {}: position not read, trying again: {}", bucket, e.getMessage());
    }
  }

  private boolean isPast(Revision revision) {
    JournalPosition position = tracker.position();
    long epoch = position.epochOf(revision.sequence());
    if (epoch > revision.epoch()) {
      throw new NonTransientPersistenceException(
          DataError.CONSISTENCY_VIOLATION,
          "bucket "
              + bucket
              + ": the journal went back after revision "
              + revision
              + " was written, so nobody can tell whether it survived; read the key");
    }
    return epoch == revision.epoch() && position.sequence() >= revision.sequence();
  }
}
