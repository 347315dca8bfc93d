package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.core.internal.base.ObservedCalls;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.core.internal.state.journal.Rewriter;
import io.mistersmith.persistence.core.internal.state.journal.RowJudge;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.StateStore;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A journal and where it is applied to: takes one batch there, once its {@link Hydrations} are
 * settled.
 */
public final class FlushTarget {

  private static final Logger LOG = LoggerFactory.getLogger(FlushTarget.class);

  private final Journal journal;
  private final HotWrites writes;
  private final JournalTracker tracker;
  private final JournalStore journals;
  private final StateStore states;
  private final Hydrations hydrations;
  private final PersistenceListener listener;
  private final Progress progress;
  private final Clock clock;
  private final LogSweep logs;
  private final FlushObservations observations;
  private volatile @Nullable PersistenceException failure;

  /**
   * Applies {@code journal}, and corrects the bucket by {@code writes}; {@code judge} decides about
   * hydrated copies in it, {@code clock} measures lags. Rows of truncated logs are swept in {@code
   * logs}, and {@code observed} receives each batch.
   */
  public FlushTarget(
      Journal journal,
      HotWrites writes,
      JournalTracker tracker,
      JournalStore journals,
      StateStore states,
      Supplier<LogStore> logs,
      RowJudge judge,
      PersistenceListener listener,
      Progress progress,
      Clock clock,
      ObservedCalls observed) {
    this.journal = journal;
    this.writes = writes;
    this.tracker = tracker;
    this.journals = journals;
    this.states = states;
    this.hydrations = new Hydrations(writes, states, judge, new Rewriter(writes, tracker));
    this.listener = listener;
    this.progress = progress;
    this.clock = clock;
    this.logs = new LogSweep(logs);
    this.observations = new FlushObservations(observed);
  }

  String name() {
    return journal.name();
  }

  Journal journal() {
    return journal;
  }

  HotWrites writes() {
    return writes;
  }

  JournalTracker tracker() {
    return tracker;
  }

  JournalStore journals() {
    return journals;
  }

  StateStore states() {
    return states;
  }

  /** Returns what sweeps the rows that the flush leaves of truncated logs. */
  LogSweep logs() {
    return logs;
  }

  Progress progress() {
    return progress;
  }

  /** Returns the failure of PostgreSQL at the last batch; empty once a batch was committed. */
  Optional<PersistenceException> failure() {
    return Optional.ofNullable(failure);
  }

  /** A batch may be a step, which no limit makes smaller: then its changes are written singly. */
  private ApplyResult attempt(
      JournalPosition previous, JournalPosition next, Batch batch, BatchLimit limit) {
    try {
      ApplyResult result = journals.apply(previous, next, batch.changes());
      return result instanceof ApplyResult.OutOfTime && limit.isLeast()
          ? journals.applySingly(previous, next, batch.changes())
          : result;
    } catch (PersistenceException e) {
      failure = e;
      throw e;
    }
  }

  /**
   * Applies the batch behind {@code previous} and returns the position after it; empty when nothing
   * was applied, because the position had moved or the batch is too large for the time that
   * PostgreSQL has. Fails as {@code MISCONFIGURED} while the bucket is known to be another
   * installation's: its entries are not this database's.
   */
  Optional<JournalPosition> apply(JournalPosition previous, Batch batch, BatchLimit limit) {
    tracker.requireOwn();
    hydrations.settle(batch.hydrations());
    JournalPosition next = previous.advancedTo(batch.lastSequence(), batch.lastTime());
    long started = System.nanoTime();
    ApplyResult result =
        observations.areOff()
            ? attempt(previous, next, batch, limit)
            : observations.observe(
                journal.name(), batch, () -> attempt(previous, next, batch, limit));
    if (result instanceof ApplyResult.OutOfTime outOfTime) {
      failure = outOfTime.cause();
      limit.ranOutOfTime(batch.entries());
      LOG.warn(
          "bucket {}: PostgreSQL did not take {} entries in the time that a statement may last;"
              + " going on with at most {} at a time: {}",
          journal.name(),
          batch.entries(),
          limit.entries(),
          outOfTime.cause().getMessage());
      listener.on(new PersistenceEvent.FlushFailed(journal.name(), outOfTime.cause()));
      return Optional.empty();
    }
    if (!(result instanceof ApplyResult.Applied applied)) {
      LOG.info(
          "bucket {}: the position moved from {}-{} by another's doing; reading on from there",
          journal.name(),
          previous.epoch(),
          previous.sequence());
      return Optional.empty();
    }
    failure = null;
    Duration took = Duration.ofNanos(System.nanoTime() - started);
    limit.committed(batch.entries(), took);
    logs.note(batch.changes());
    tracker.movedTo(next);
    progress.signal();
    for (ApplyResult.Refusal refusal : applied.refused()) {
      String subject = refusal.change().subject();
      LOG.warn(
          "bucket {}: PostgreSQL refused the entry {} ({}); it is kept as a dead letter, repair the"
              + " cause and replay it",
          journal.name(),
          subject,
          refusal.reason());
      listener.on(new PersistenceEvent.DeadLettered(journal.name(), subject, refusal.reason()));
    }
    listener.on(
        new PersistenceEvent.Flushed(
            journal.name(),
            new Revision.OfJournal(next.epochOf(next.sequence()), next.sequence()),
            batch.keys(),
            applied.refused().size(),
            took,
            batch.lagNanos(clock.instant()),
            batch.owners()));
    return Optional.of(next);
  }
}
