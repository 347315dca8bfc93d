package io.mistersmith.persistence.core.internal.flush;

import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.core.internal.base.Background;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.resilience.Backoff;
import io.mistersmith.persistence.core.internal.resilience.Deadline;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.monitor.PersistenceListener;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.JournalReader;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a bucket's journal to PostgreSQL, on a thread of its own, for all runtimes while it holds
 * the lease.
 *
 * <p>Nothing is remembered here: each session reads the position from PostgreSQL and the journal
 * from there on. Whatever fails ends the session and the next one starts from the position, so that
 * an entry is applied in order and exactly once, however often flushers die, pause or disagree
 * (DESIGN section 3, rule 1). While PostgreSQL is away nothing is read, so that a backlog waits in
 * the stream and not in memory.
 */
public final class WriteBehindFlusher {

  private static final Logger LOG = LoggerFactory.getLogger(WriteBehindFlusher.class);

  /** How long the journal may be silent before the stream itself is looked at. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(2);

  private static final Duration IDLE = Duration.ofMillis(100);

  /** How often a runtime that does not flush looks whether it should. */
  private static final Duration LOOK = Duration.ofMillis(100);

  private final FlushTarget target;
  private final PersistenceListener listener;
  private final FlushLease lease;
  private final Standstill standstill;
  private final Urgency urgency = new Urgency();
  private final BatchLimit limit;
  private final BatchCollector collector;
  private final Backoff backoff = new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1));
  private final Background thread;
  private volatile boolean nudged;
  private Deadline known = Deadline.after(HEARTBEAT);

  /** Flushes {@code target} under the name {@code holder}; {@link #start()} begins. */
  public WriteBehindFlusher(
      FlushTarget target,
      FlushConfig config,
      PersistenceListener listener,
      ServiceHealth health,
      String holder) {
    this.target = target;
    this.listener = listener;
    this.lease =
        new FlushLease(
            target.journals(),
            target.name(),
            holder,
            config.leaseDuration(),
            new Arrears(target.bucket(), target.tracker()));
    this.standstill = new Standstill(target.tracker());
    this.limit = new BatchLimit(config.maxEntries());
    this.collector = new BatchCollector(config, urgency, limit);
    this.thread =
        Background.loop(
            "persistence-flush-" + target.name(),
            "this runtime brings no writes to PostgreSQL",
            health,
            this::takeTurn,
            lease::release);
  }

  /** Begins to flush, and to listen to nudges. */
  public void start() {
    target.bucket().onNudge(() -> nudged = true);
    thread.start();
  }

  /** Whether this runtime holds the lease, as far as it knows, and works. */
  public boolean isLeading() {
    return lease.isHeld() && thread.isRunning();
  }

  /** What PostgreSQL failed with when this runtime last flushed; empty once it has succeeded. */
  Optional<PersistenceException> failure() {
    return target.failure();
  }

  /** Has all entries up to this sequence flushed at once, by whoever holds the lease. */
  public void nudge(long sequence) {
    urgency.raise(sequence);
    if (!isLeading()) {
      target.bucket().nudge();
    }
  }

  /** Stops after the batch under way and gives the lease up; waits for that, at most so long. */
  public void close(Duration patience) {
    if (!thread.close(patience)) {
      LOG.warn(
          "bucket {}: the flush did not stop within {}; what it was flushing stays in the journal",
          target.name(),
          patience);
    }
  }

  /**
   * Flushes under the lease, or without it where nobody applies what this process or any other has
   * written.
   */
  private void takeTurn() {
    boolean standIn = false;
    try {
      if (!lease.hold()) {
        standIn = lease.takeStalled() || standstill.isNoticed();
      }
      if (standIn || lease.isHeld()) {
        target.tracker().refresh();
        flushUntilSomethingChanges(standIn);
      } else {
        keepPositionKnown();
        boolean unused = thread.pause(LOOK);
      }
    } catch (PersistenceException e) {
      report(e);
      boolean unused = thread.pause(backoff.next());
    } catch (RuntimeException e) {
      listener.onFlushFailed(target.name(), e);
      throw e;
    }
  }

  /** Whoever reads while PostgreSQL is away goes by what this process knew last. */
  private void keepPositionKnown() {
    if (known.hasPassed()) {
      target.tracker().refresh();
      known = Deadline.after(HEARTBEAT);
    }
  }

  /**
   * One session. It keeps its own idea of the position: what other threads read meanwhile must not
   * make a batch look like the next one when the reader is elsewhere. The stream is verified once
   * the reader is open on it, so that it cannot go back unseen in between.
   *
   * @param standIn whether to go on without the lease, because nobody else flushes
   */
  private void flushUntilSomethingChanges(boolean standIn) {
    JournalPosition position = target.tracker().position();
    long silentSince = System.nanoTime();
    try (JournalReader reader = target.bucket().read(JournalRange.from(position.sequence() + 1))) {
      if (isNoLonger(position)) {
        return;
      }
      while (thread.isOpen() && (lease.hold() || (standIn && !lease.isStalled()))) {
        thread.succeeded();
        hearNudge();
        Batch batch = collector.collect(reader, position, IDLE);
        if (!batch.isEmpty()) {
          Optional<JournalPosition> next = target.apply(position, batch, limit);
          if (next.isEmpty()) {
            return;
          }
          position = next.get();
          backoff.reset();
          silentSince = System.nanoTime();
        } else if (System.nanoTime() - silentSince > HEARTBEAT.toNanos()) {
          if (isNoLonger(position)) {
            return;
          }
          silentSince = System.nanoTime();
        }
      }
    }
  }

  private boolean isNoLonger(JournalPosition position) {
    return target.tracker().verify() || !target.tracker().position().equals(position);
  }

  /** Another process's nudge names no sequence: it means all that is in the stream by now. */
  private void hearNudge() {
    if (nudged) {
      nudged = false;
      urgency.raise(target.bucket().state().lastSequence());
    }
  }

  private void report(PersistenceException failure) {
    if (failure.isTransient()) {
      LOG.info(
          "bucket {}: flush interrupted, trying again: {}", target.name(), failure.getMessage());
    } else {
      LOG.error(
          "bucket {}: flush refused; writes are kept in the journal until this is repaired: {}",
          target.name(),
          failure.getMessage());
    }
    listener.onFlushFailed(target.name(), failure);
  }
}
