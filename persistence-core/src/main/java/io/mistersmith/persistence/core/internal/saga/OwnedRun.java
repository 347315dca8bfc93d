package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.saga.SagaProgress.Situation;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SagaStore.Claimed;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Owned;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A run that a runner owns, and its log as the runner knows it. A row is written at the position
 * after the last one known: whether or not an append without an answer took effect, the next one
 * cannot contradict it. Used by one thread.
 */
final class OwnedRun {

  /** The owner sleeps through a shorter pause; for a longer one it gives the run up. */
  private static final Duration LONGEST_SLEEP = Duration.ofSeconds(1);

  private final SagaStore store;
  private final Saga saga;
  private final Owned owner;
  private final SagaRun run;
  private SagaProgress progress;
  private Deadline deadline;
  private Optional<String> cancelled;
  private int position;
  private Optional<NewEntry> ahead = Optional.empty();

  OwnedRun(SagaStore store, Saga saga, Claimed claimed) {
    this.store = store;
    this.saga = saga;
    this.owner = claimed.owner();
    this.run = claimed.run();
    this.progress = SagaProgress.of(saga, claimed.log());
    this.deadline = Deadline.after(claimed.left());
    this.cancelled = claimed.cancelled();
    this.position = claimed.log().size() + 1;
  }

  Owned owner() {
    return owner;
  }

  SagaRun run() {
    return run;
  }

  Saga saga() {
    return saga;
  }

  SagaProgress progress() {
    return progress;
  }

  /** Returns where the next row is written. */
  int position() {
    return position;
  }

  Next next() {
    return progress.next(situation(deadline));
  }

  private Situation situation(Deadline until) {
    return new Situation(owner.run(), until.hasPassed(), cancelled);
  }

  /** Returns the number that the attempt has by now. */
  int number(Next.Attempt attempt) {
    StepProgress step = progress.step(attempt);
    return (attempt.isUndo() ? step.undo() : step.action()).next(owner.run());
  }

  /** Returns how long an attempt may take. */
  Duration limit(Next.Attempt attempt) {
    Duration most = attempt.step().timeout();
    Duration limit = isBound(attempt) ? deadline.left(most) : most;
    return limit.toMillis() > 0 ? limit : Duration.ofMillis(1);
  }

  /** Whether the deadline ends the attempts at a step. */
  private static boolean isBound(Next.Attempt attempt) {
    return !(attempt instanceof Next.Act act && act.isForwardOnly());
  }

  /** Returns the append of an outcome, which may be empty, and of what follows from it. */
  Plan plan(List<NewEntry> outcome) {
    List<NewEntry> rows = new ArrayList<>();
    SagaProgress after = progress;
    for (NewEntry row : outcome) {
      after = add(rows, after, row);
    }
    Deadline until = deadline;
    Then then = new Then.GoOn();
    Next next = after.next(situation(until));
    if (next instanceof Next.Compensate compensate) {
      Optional<NewEntry> notMade = outcome.isEmpty() ? ahead : Optional.empty();
      if (notMade.isPresent() && after.isOnlyAttempt(notMade.get())) {
        after = add(rows, after, LogRows.notMade(notMade.get(), compensate.reason()));
      }
      after = add(rows, after, LogRows.compensating(compensate.reason()));
      until = Deadline.after(saga.compensationTimeout());
      then = new Then.Compensate(saga.compensationTimeout());
      next = after.next(situation(until));
    }
    if (next instanceof Next.Stop stop) {
      after = add(rows, after, LogRows.stopped(stop.state(), stop.reason()));
      then = new Then.Stop(stop.state(), stop.reason());
    } else if (next instanceof Next.End end) {
      after = add(rows, after, LogRows.ended(end.state()));
      then = new Then.End(end.state());
    }
    Duration pause = Duration.ZERO;
    if (next instanceof Next.Attempt attempt) {
      pause = outcome.isEmpty() ? Duration.ZERO : after.pauseBefore(attempt);
      if (isBound(attempt)) {
        pause = until.left(pause);
      }
      if (pause.compareTo(LONGEST_SLEEP) >= 0) {
        then = new Then.Rest(pause);
      } else if (attempt.needsRow()) {
        after = add(rows, after, LogRows.begun(attempt));
      }
    }
    return new Plan(List.copyOf(rows), then, after, until, pause);
  }

  private SagaProgress add(List<NewEntry> rows, SagaProgress before, NewEntry row) {
    rows.add(row);
    return before.with(row, owner.run());
  }

  /** Returns the append of rows that change nothing else. */
  Plan planRow(NewEntry row) {
    return new Plan(
        List.of(row), new Then.GoOn(), progress.with(row, owner.run()), deadline, Duration.ZERO);
  }

  /** Returns the append of nothing, with which the run is due again after the pause. */
  Plan rest(Duration pause) {
    return new Plan(List.of(), new Then.Rest(pause), progress, deadline, Duration.ZERO);
  }

  /** Appends to the log, by itself or in a unit; {@link #appended} follows once it is committed. */
  Optional<String> append(SagaStore in, Plan plan) {
    return in.append(owner, position, plan.rows(), plan.then());
  }

  void appended(Plan plan, Optional<String> cancelReason) {
    position += plan.rows().size();
    progress = plan.after();
    deadline = plan.deadline();
    cancelled = cancelReason;
    ahead =
        plan.rows().isEmpty()
            ? Optional.empty()
            : Optional.of(plan.rows().get(plan.rows().size() - 1))
                .filter(row -> row.event() == Event.BEGUN);
  }

  /**
   * Appends to the log, again until the store answers.
   *
   * @return false when the log has other rows there, which are known now
   * @throws OwnershipOverException when the run has another owner, or none
   */
  boolean record(Plan plan, RunThread thread) {
    try {
      appended(plan, thread.insist(() -> append(store, plan)));
      return true;
    } catch (PersistenceException e) {
      recover(e, thread);
      return false;
    }
  }

  /** Goes on after an append was refused, by what the log says. */
  void recover(PersistenceException refusal, RunThread thread) {
    if (refusal.error() == DataError.LEASE_LOST) {
      throw new OwnershipOverException(this + ": another runner has it, or none");
    }
    if (refusal.error() != DataError.VERSION_CONFLICT) {
      throw refusal;
    }
    Claimed now =
        thread
            .insist(() -> store.load(owner))
            .orElseThrow(() -> new OwnershipOverException("saga " + owner.saga() + ": it is over"));
    progress = SagaProgress.of(saga, now.log());
    deadline = Deadline.after(now.left());
    cancelled = now.cancelled();
    position = now.log().size() + 1;
    ahead = Optional.empty();
  }

  /** Whether an append is refused because of who owns the run, or of what the log has. */
  static boolean isRefused(PersistenceException failure) {
    return failure.error() == DataError.LEASE_LOST || failure.error() == DataError.VERSION_CONFLICT;
  }

  /** Returns whether this owner wrote the row at a position. */
  boolean isThere(int at) {
    return store.log(owner.saga()).stream()
        .anyMatch(row -> row.position() == at && row.run() == owner.run());
  }

  @Override
  public String toString() {
    return "saga " + run.name() + " " + run.id();
  }
}
