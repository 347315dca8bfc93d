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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

  /** How long the thread that reads the position stays when nobody waits. */
  private static final Duration KEPT = Duration.ofSeconds(5);

  private final String bucket;
  private final JournalTracker tracker;
  private final WriteBehindFlusher flusher;
  private final Progress progress;
  private final DeadLetterStore deadLetters;
  private final ThreadPoolExecutor positions;
  private CompletableFuture<Void> reading = CompletableFuture.completedFuture(null);

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
    this.positions =
        new ThreadPoolExecutor(
            1, 1, KEPT.toMillis(), TimeUnit.MILLISECONDS, new LinkedBlockingQueue<>(), this::named);
    this.positions.allowCoreThreadTimeOut(true);
  }

  private Thread named(Runnable task) {
    Thread thread = new Thread(task, "persistence-position-" + bucket);
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public void await(StateKey key, Revision revision, Duration limit) {
    Deadline deadline = Deadline.after(limit);
    awaitAll("key " + key, revision, deadline);
    refuse(() -> deadLetters.openFor(bucket, key, revision), deadline);
  }

  @Override
  public void awaitAgent(String agent, Revision revision, Duration limit) {
    Deadline deadline = Deadline.after(limit);
    awaitAll("agent " + agent, revision, deadline);
    refuse(() -> deadLetters.openForAgent(bucket, agent), deadline);
  }

  /** Fails when there is such a dead letter; waits for those that are replayed by themselves. */
  private void refuse(Supplier<Optional<DeadLetter>> letters, Deadline deadline) {
    Optional<DeadLetter> letter = letters.get();
    while (letter.isPresent() && LateLetters.isLate(letter.get())) {
      if (deadline.hasPassed()) {
        throw new TransientPersistenceException(
            letter.get().error(),
            describe(letter.get()) + "; the flush tries it again by itself until it passes");
      }
      try {
        progress.await(progress.moves(), deadline.left(LONGEST));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new TransientPersistenceException(
            letter.get().error(), describe(letter.get()) + "; interrupted while waiting", e);
      }
      letter = letters.get();
    }
    if (letter.isPresent()) {
      throw new NonTransientPersistenceException(
          DataError.DEAD_LETTERED,
          describe(letter.get()) + "; it stays there until it is replayed");
    }
  }

  private String describe(DeadLetter letter) {
    return "bucket "
        + bucket
        + ", key "
        + letter.agent().orElse("?")
        + "/"
        + letter.key().orElse("?")
        + ", revision "
        + letter.revision()
        + ": PostgreSQL refused it ("
        + letter.reason()
        + "); it is kept as dead letter "
        + letter.id();
  }

  @Override
  public void awaitAll(String what, Revision revision, Duration limit) {
    awaitAll(what, revision, Deadline.after(limit));
  }

  private void awaitAll(String what, Revision revision, Deadline deadline) {
    do {
      if (!isPast(revision) && !nudgeAndAwait(revision, deadline)) {
        throw late("bucket " + bucket + ", " + what + ", revision " + revision);
      }
      verifyStream();
    } while (!isPast(revision));
  }

  private TransientPersistenceException late(String whom) {
    String message =
        whom + ": acknowledged, but not in PostgreSQL before the deadline; it stays in the journal";
    Optional<PersistenceException> failure = flusher.failure();
    return failure.isEmpty()
        ? new TransientPersistenceException(
            DataError.CONNECTION_FAILED, message + " and is flushed when PostgreSQL is back")
        : new TransientPersistenceException(
            failure.get().error(),
            message + " and is flushed once this is lifted: " + failure.get().getMessage(),
            failure.get());
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
          readPosition(deadline);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Reads the position, which one thread does for all who wait: a store that does not answer holds
   * up neither a caller past its deadline nor one thread for each.
   */
  private void readPosition(Deadline deadline) throws InterruptedException {
    CompletableFuture<Void> reading = reading();
    try {
      reading.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      LOG.debug("bucket {}: the position was not read before the deadline", bucket);
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof PersistenceException failure)) {
        throw new IllegalStateException("reading the position failed", e.getCause());
      }
      if (!failure.isTransient()) {
        throw failure;
      }
      LOG.debug("bucket {}: position not read, trying again: {}", bucket, failure.getMessage());
    }
  }

  private CompletableFuture<Void> reading() {
    synchronized (positions) {
      if (reading.isDone() && !positions.isShutdown()) {
        reading = CompletableFuture.runAsync(tracker::refresh, positions);
      }
      return reading;
    }
  }

  /** Ends the thread that reads the position; waits for nothing. */
  public void close() {
    positions.shutdownNow();
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
