package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.LoopService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.spi.hot.Journal.JournalProgress;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a bucket's journal to PostgreSQL, on a thread of its own, for all runtimes while it holds
 * the lease.
 *
 * <p>Nothing is remembered here: each session reads the position from PostgreSQL and the journal
 * from there on. Whatever fails ends the session and the next one starts from the position, so that
 * an entry is applied in order and exactly once, however often flushers die, pause or disagree
 * (docs/design.md, rule 1). While PostgreSQL is away nothing is read, so that a backlog waits in
 * the stream and not in memory.
 */
public final class WriteBehindFlusher {

  private static final Logger LOG = LoggerFactory.getLogger(WriteBehindFlusher.class);

  /** How long the journal may be silent before the stream itself is looked at. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(2);

  /** How often PostgreSQL is asked for the position although messages report it. */
  private static final Duration COMPARE = Duration.ofSeconds(10);

  /** How long a wait for messages lasts; a message ends it. */
  private static final Duration IDLE = Duration.ofMillis(250);

  /** How often a runtime that does not flush checks whether it should, while its writes wait. */
  private static final Duration WATCH = Duration.ofMillis(100);

  /** How often it checks otherwise. */
  private static final Duration LOOK = Duration.ofMillis(250);

  private final FlushTarget target;
  private final PersistenceListener listener;
  private final FlushLease lease;
  private final Standstill standstill;
  private final ProgressSender sender;
  private final ProgressReceiver others;
  private final Urgency urgency = new Urgency();
  private final BatchLimit limit;
  private final BatchCollector collector;
  private final Backoff backoff = new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1));
  private final LoopService thread;

  /** The primary before the last batch was applied: the position is on it, or on a later one. */
  private String primary = "";

  private volatile @Nullable PersistenceException turnFailure;
  private Deadline asked = Deadline.after(HEARTBEAT);
  private Deadline known = Deadline.after(COMPARE);

  /** Flushes {@code target} under the name {@code holder}; {@link #start()} begins. */
  public WriteBehindFlusher(
      FlushTarget target,
      FlushConfig config,
      PersistenceListener listener,
      Services services,
      String holder) {
    this.target = target;
    this.listener = listener;
    this.sender = new ProgressSender(target.journal());
    this.others =
        new ProgressReceiver(
            target.tracker(),
            target.journals(),
            target.progress(),
            least(config.leaseDuration(), HEARTBEAT));
    this.lease =
        new FlushLease(
            target.journals(),
            target.name(),
            holder,
            config.leaseDuration(),
            new Arrears(target.journal(), target.tracker()),
            others);
    this.standstill = new Standstill(target.tracker());
    this.limit = new BatchLimit(config.maxEntries());
    this.collector =
        new BatchCollector(
            config,
            urgency,
            limit,
            () -> new WholeSteps(target.name(), () -> target.journal().state().lastSequence()));
    this.thread =
        services.loop(
            "persistence-flush-" + target.name(),
            "this runtime brings no writes to PostgreSQL",
            this::takeTurn,
            this::release);
  }

  private static Duration least(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** Begins to flush, and to listen to nudges and to the runtime that flushes. */
  public void start() {
    target.journal().onNudge(urgency::raiseAll);
    target.journal().onProgress(this::heard);
    thread.start();
  }

  /** Whether this runtime holds the lease, as far as it knows, and works. */
  public boolean isLeading() {
    return lease.isHeld() && thread.isRunning();
  }

  /**
   * Returns whether the position need not be asked for: this runtime moves it, or hears of it from
   * the one that does.
   */
  public boolean isPositionKnown() {
    return isLeading() || (others.isAnotherFlushing() && !others.isUnknown());
  }

  private void heard(JournalProgress told) {
    if (lease.isHeld()) {
      others.heardWhileFlushing(told);
    } else {
      others.heard(told);
    }
  }

  /**
   * Returns what keeps this runtime from flushing: the failure of its last turn, or else that of
   * PostgreSQL when it last applied a batch; empty once a batch has been applied.
   */
  Optional<PersistenceException> failure() {
    return Optional.ofNullable(turnFailure).or(target::failure);
  }

  /** Has all entries up to this sequence flushed at once, by the runtime that holds the lease. */
  public void nudge(long sequence) {
    urgency.raise(sequence);
    if (!isLeading()) {
      target.journal().nudge();
    }
  }

  /** Ends the pause after a failure. */
  public void wake() {
    thread.wake();
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

  /** Flushes under the lease, or without it when no runtime applies the journal. */
  private void takeTurn() {
    boolean standIn = false;
    try {
      if (!lease.hold()) {
        standIn = lease.takeStalled() || standstill.isNoticed();
      }
      turnFailure = null;
      if (standIn || lease.isHeld()) {
        primary = target.journals().primary();
        target.tracker().refresh();
        flushUntilSomethingChanges(standIn);
      } else {
        keepPositionKnown();
        boolean unused = thread.pause(standstill.somethingWaits() ? WATCH : LOOK);
      }
    } catch (PersistenceException e) {
      turnFailure = e;
      report(e);
      boolean unused = thread.pause(backoff.next());
    } catch (RuntimeException e) {
      listener.on(new PersistenceEvent.FlushFailed(target.name(), e));
      throw e;
    }
  }

  /**
   * Refreshes the known position when it is due: reads use it while PostgreSQL cannot be reached.
   * The flushing runtime's messages are compared with PostgreSQL now and then, since the database
   * may have been restored from a backup.
   */
  private void keepPositionKnown() {
    if (known.hasPassed() || (asked.hasPassed() && !isPositionKnown())) {
      target.tracker().refresh();
      asked = Deadline.after(HEARTBEAT);
      known = Deadline.after(COMPARE);
    }
  }

  private void release() {
    boolean held = lease.isHeld();
    lease.release();
    if (held) {
      sender.ended(target.tracker().position(), primary);
    }
  }

  /**
   * One session. It keeps its own idea of the position: what other threads read meanwhile must not
   * make a batch look like the next one when the reader is elsewhere. The stream is verified once
   * the reader is open on it, so that it cannot go back unseen in between. However busy the journal
   * is, its owner is checked now and then.
   *
   * @param standIn whether to go on without the lease, because no other runtime flushes
   */
  private void flushUntilSomethingChanges(boolean standIn) {
    JournalPosition position = target.tracker().position();
    long silentSince = System.nanoTime();
    Deadline looked = Deadline.after(HEARTBEAT);
    try (JournalReader reader = target.journal().read(JournalRange.from(position.sequence() + 1))) {
      if (isNoLonger(position)) {
        return;
      }
      while (thread.isOpen() && (lease.hold() || (standIn && !lease.isStalled()))) {
        thread.succeeded();
        if (lease.isHeld()) {
          sender.flushing(position, primary);
        }
        hearNudge();
        if (looked.hasPassed()) {
          target.tracker().lookWhose();
          looked = Deadline.after(HEARTBEAT);
        }
        Batch batch = collector.collect(thread.await(() -> reader.next(IDLE)), reader, position);
        if (!batch.isEmpty()) {
          String before = target.journals().primary();
          Optional<JournalPosition> next = target.apply(position, batch, limit);
          if (next.isEmpty()) {
            return;
          }
          position = next.get();
          primary = before;
          backoff.reset();
          silentSince = System.nanoTime();
        } else if (System.nanoTime() - silentSince > HEARTBEAT.toNanos()) {
          if (isNoLonger(position)) {
            return;
          }
          silentSince = System.nanoTime();
        }
      }
    } finally {
      if (!standIn && !lease.isHeld()) {
        sender.ended(position, primary);
      }
    }
  }

  private boolean isNoLonger(JournalPosition position) {
    return target.tracker().verify() || !target.tracker().position().equals(position);
  }

  /** Another process's nudge names no sequence: it means all that is in the stream by now. */
  private void hearNudge() {
    if (urgency.takeAll()) {
      urgency.raise(target.journal().state().lastSequence());
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
    listener.on(new PersistenceEvent.FlushFailed(target.name(), failure));
  }
}
