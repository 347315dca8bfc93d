package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.SharedCall;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
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
  private final SharedCall positions;
  private final SharedCall looks;

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
    this.positions = new SharedCall("persistence-position-" + bucket, tracker::refresh);
    this.looks = new SharedCall("persistence-look-" + bucket, this::verifyStream);
  }

  @Override
  public void await(StateKey key, Revision.OfJournal revision, Duration limit) {
    Deadline deadline = Deadline.after(limit);
    awaitAll("key " + key, revision, deadline);
    refuse(() -> deadLetters.openFor(bucket, key, revision), deadline);
  }

  /** Asks for the letters of single keys only where the owner has any. */
  @Override
  public void awaitStep(Map<StateKey, Revision.OfJournal> step, Duration limit) {
    Deadline deadline = Deadline.after(limit);
    Optional<Map.Entry<StateKey, Revision.OfJournal>> last =
        step.entrySet().stream().max(Map.Entry.comparingByValue());
    if (last.isEmpty()) {
      return;
    }
    StateKey key = last.get().getKey();
    awaitAll("key " + key + " of a step", last.get().getValue(), deadline);
    if (ask(() -> deadLetters.openForAgent(bucket, key.agent()), deadline).isPresent()) {
      step.forEach(
          (each, revision) -> refuse(() -> deadLetters.openFor(bucket, each, revision), deadline));
    }
  }

  @Override
  public void awaitAgent(AgentId agent, Revision.OfJournal revision, Duration limit) {
    Deadline deadline = Deadline.after(limit);
    awaitAll("agent " + agent, revision, deadline);
    refuse(() -> deadLetters.openForAgent(bucket, agent), deadline);
  }

  /** Fails when there is such a dead letter; waits for those that are replayed by themselves. */
  private void refuse(Supplier<Optional<DeadLetter>> letters, Deadline deadline) {
    Optional<DeadLetter> letter = ask(letters, deadline);
    while (letter.isPresent() && LateLetters.isLate(letter.get())) {
      TransientPersistenceException late =
          new TransientPersistenceException(
              letter.get().error(),
              describe(letter.get()) + "; the flush tries it again by itself until it passes");
      awaitMove(deadline, late);
      letter = ask(letters, deadline);
    }
    if (letter.isPresent()) {
      throw new NonTransientPersistenceException(
          DataError.DEAD_LETTERED,
          describe(letter.get()) + "; it stays there until it is replayed");
    }
  }

  /** Asks again until the deadline while PostgreSQL does not answer. */
  private Optional<DeadLetter> ask(Supplier<Optional<DeadLetter>> letters, Deadline deadline) {
    while (true) {
      try {
        return letters.get();
      } catch (TransientPersistenceException e) {
        awaitMove(deadline, e);
      }
    }
  }

  /** Waits a moment, or until the flush moves; throws {@code reason} when the deadline is over. */
  private void awaitMove(Deadline deadline, TransientPersistenceException reason) {
    if (deadline.hasPassed()) {
      throw reason;
    }
    try {
      progress.await(progress.moves(), deadline.left(LONGEST));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      reason.addSuppressed(e);
      throw reason;
    }
  }

  private String describe(DeadLetter letter) {
    return "bucket "
        + bucket
        + ", key "
        + letter.key().map(key -> key.agent().toString()).orElse("?")
        + "/"
        + letter.key().map(StateKey::path).orElse("?")
        + ", revision "
        + letter.revision()
        + ": PostgreSQL refused it ("
        + letter.reason()
        + "); it is kept as dead letter "
        + letter.id();
  }

  @Override
  public void awaitAll(String what, Revision.OfJournal revision, Duration limit) {
    awaitAll(what, revision, Deadline.after(limit));
  }

  private void awaitAll(String what, Revision.OfJournal revision, Deadline deadline) {
    do {
      if (!isPast(revision) && !nudgeAndAwait(revision, deadline)) {
        throw late("bucket " + bucket + ", " + what + ", revision " + revision);
      }
      look(deadline);
    } while (!isPast(revision));
  }

  private TransientPersistenceException late(String whom) {
    String message =
        whom
            + ": KV has it, but PostgreSQL has not committed it before the deadline; it stays in"
            + " the journal";
    Optional<PersistenceException> failure = flusher.failure();
    return failure.isEmpty()
        ? new TransientPersistenceException(
            DataError.CONNECTION_FAILED, message + " and is flushed when PostgreSQL is back")
        : new TransientPersistenceException(
            failure.get().error(),
            message + " and is flushed once this is lifted: " + failure.get().getMessage(),
            failure.get());
  }

  private boolean nudgeAndAwait(Revision.OfJournal revision, Deadline deadline) {
    flusher.nudge(revision.sequence());
    return awaitPast(revision, deadline);
  }

  /**
   * Verifies the stream unless it is known to be the same. A position far ahead says nothing about
   * a write to a stream that was recreated since, and this process may not have noticed that yet. A
   * deadline that has passed by now still leaves a moment for it.
   */
  private void look(Deadline deadline) {
    try {
      Deadline end = deadline.left().compareTo(LONGEST) < 0 ? Deadline.after(LONGEST) : deadline;
      if (!looks.await(end)) {
        LOG.debug("bucket {}: the stream was not looked at before the deadline", bucket);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (PersistenceException e) {
      if (!e.isTransient()) {
        throw e;
      }
      LOG.debug("bucket {}: the stream was not looked at: {}", bucket, e.getMessage());
    }
  }

  private void verifyStream() {
    if (!tracker.isOfThisStream()) {
      boolean unused = tracker.verify();
    }
  }

  private boolean awaitPast(Revision.OfJournal revision, Deadline deadline) {
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
          readPosition(deadline);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void readPosition(Deadline deadline) throws InterruptedException {
    try {
      if (!positions.await(deadline)) {
        LOG.debug("bucket {}: the position was not read before the deadline", bucket);
      }
    } catch (PersistenceException e) {
      if (!e.isTransient()) {
        throw e;
      }
      LOG.debug("bucket {}: position not read, trying again: {}", bucket, e.getMessage());
    }
  }

  /** Ends the threads that ask the stores; waits for nothing. */
  public void close() {
    positions.close();
    looks.close();
  }

  private boolean isPast(Revision.OfJournal revision) {
    JournalPosition position = tracker.position();
    long epoch = position.epochOf(revision.sequence());
    if (epoch > revision.epoch()) {
      throw new NonTransientPersistenceException(
          DataError.CONSISTENCY_VIOLATION,
          "bucket "
              + bucket
              + ": the journal went back after revision "
              + revision
              + " was written, so it is unknown whether it survived; read the key");
    }
    return epoch == revision.epoch() && position.sequence() >= revision.sequence();
  }
}
