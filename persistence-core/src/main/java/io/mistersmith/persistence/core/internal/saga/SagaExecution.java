package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Carries one run on, step by step, until it ends, stops, rests, has another owner, or the runner
 * is closed. What is logged meanwhile has the run's correlation id.
 */
final class SagaExecution implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(SagaExecution.class);

  private static final String CORRELATION_ID = "correlationId";

  private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

  private final OwnedRun owned;
  private final Optional<String> difference;
  private final StepWorks works;
  private final SagaEvents events;
  private final RunThread thread;
  private final BooleanSupplier closing;
  private final Consumer<SagaExecution> finished;
  private volatile Next.@Nullable Attempt attempt;
  private volatile boolean isUnclear;
  private volatile boolean isOver;

  /**
   * An execution.
   *
   * @param difference how the run's steps differ from the definition's, if they do
   * @param closing whether no further step is to be begun
   * @param finished is given this when it does nothing more
   */
  SagaExecution(
      OwnedRun owned,
      Optional<String> difference,
      StepWorks works,
      SagaEvents events,
      RunThread thread,
      BooleanSupplier closing,
      Consumer<SagaExecution> finished) {
    this.owned = owned;
    this.difference = difference;
    this.works = works;
    this.events = events;
    this.thread = thread;
    this.closing = closing;
    this.finished = finished;
  }

  @Override
  public void run() {
    MDC.put(CORRELATION_ID, owned.run().correlationId());
    thread.begin();
    try {
      carryOn();
    } catch (OwnershipOverException e) {
      LOG.debug("{} does not go on here: {}", owned, e.getMessage());
    } catch (RuntimeException | Error e) {
      isUnclear = true;
      LOG.error("{}: the runner failed; a runner goes on with it later", owned, e);
      rest();
    } finally {
      thread.end();
      MDC.remove(CORRELATION_ID);
      finished.accept(this);
    }
  }

  /** A run that fails its runner again and again must not keep all of them busy. */
  private void rest() {
    try {
      thread.sleep(AFTER_FAILURE);
    } catch (OwnershipOverException e) {
      LOG.debug("{}: {}", owned, e.getMessage());
    }
  }

  private void carryOn() {
    if (difference.isPresent()) {
      stop(difference.get());
      return;
    }
    boolean goesOn = true;
    while (goesOn && !closing.getAsBoolean()) {
      goesOn = step();
    }
  }

  private void stop(String reason) {
    NewEntry row = LogRows.stopped(State.DEFINITION_CHANGED, reason);
    Plan plan = owned.planRow(row).then(new Then.Stop(State.DEFINITION_CHANGED, reason));
    if (owned.record(plan, thread)) {
      appended(plan);
    }
  }

  /** Does the next thing; returns whether the run goes on here. */
  private boolean step() {
    Next next = owned.next();
    if (!(next instanceof Next.Attempt due) || due.needsRow()) {
      return record(owned.plan(List.of()));
    }
    StepResult result;
    attempt = due;
    try {
      result = works.run(owned, thread, due);
    } finally {
      attempt = null;
    }
    if (result instanceof StepResult.Row outcome) {
      return record(due, outcome.row());
    } else if (result instanceof StepResult.Recorded recorded) {
      return appended(recorded.plan());
    } else if (result instanceof StepResult.Waits waits) {
      return record(owned.rest(waits.pause()));
    }
    return true;
  }

  /** Records an outcome; where the store refuses a result, the attempt has failed. */
  private boolean record(Next.Attempt made, NewEntry outcome) {
    if (outcome.event() == Event.FAILED || outcome.event() == Event.UNDO_FAILED) {
      thread.requireKept();
    }
    try {
      return record(owned.plan(List.of(outcome)));
    } catch (NonTransientPersistenceException e) {
      if (outcome.event() != Event.DONE && outcome.event() != Event.UNDONE) {
        throw e;
      }
      NewEntry failed = LogRows.failed(made, outcome.attempt(), StepFailure.of(e));
      return record(owned.plan(List.of(failed)));
    }
  }

  private boolean record(Plan plan) {
    return !owned.record(plan, thread) || appended(plan);
  }

  private boolean appended(Plan plan) {
    events.appended(owned.run(), plan);
    if (plan.isLast()) {
      isOver = !(plan.then() instanceof Then.Rest);
      return false;
    }
    thread.sleep(plan.pause());
    return true;
  }

  /** Ends all waits: the run may have another owner. */
  void lose() {
    thread.lose();
  }

  /** Whether an attempt at a step is under way. */
  boolean isAttempting() {
    return attempt != null;
  }

  /** Returns the attempt whose code has gone on for longer than this since it was interrupted. */
  Optional<Next.Attempt> hanging(Duration grace) {
    return thread.ignoresInterrupt(grace) ? Optional.ofNullable(attempt) : Optional.empty();
  }

  /** Whether the run may have this owner still, though nobody goes on with it. */
  boolean isUnclear() {
    return isUnclear;
  }

  /** Whether the run has ended or stopped here. */
  boolean isOver() {
    return isOver;
  }

  OwnedRun owned() {
    return owned;
  }
}
