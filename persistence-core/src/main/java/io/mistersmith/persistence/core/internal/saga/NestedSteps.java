package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.base.OrderedIds;
import io.mistersmith.persistence.core.internal.codec.CanonicalObject;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.SagaStep.Nested;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlStore;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * Makes attempts at steps that are sagas of their own. The row {@code BEGUN} and the nested run are
 * written in one transaction, so that there is one run for each attempt. Its owner then rests: the
 * run is looked at again when the nested one has ended, or after a second.
 */
final class NestedSteps {

  private static final String SAGA = "saga";

  private static final Duration LOOK = Duration.ofSeconds(1);

  private final SqlStore sql;
  private final Runnable changed;

  /**
   * Nested runs in {@code sql}.
   *
   * @param changed runs when a nested run may be claimable
   */
  NestedSteps(SqlStore sql, Runnable changed) {
    this.sql = sql;
    this.changed = changed;
  }

  StepResult act(OwnedRun owned, RunThread thread, Next.Act attempt, Nested step) {
    try {
      Optional<SagaRun> nested = nested(owned, attempt);
      Tries tries = owned.progress().step(attempt).action();
      boolean isNew =
          nested.isEmpty()
              || (tries.lastFailed() == tries.last()
                  && nested.get().state().isEnd()
                  && nested.get().state() != State.COMPLETED);
      if (isNew) {
        return start(owned, thread, attempt, step);
      }
      return outcome(attempt, owned.number(attempt), nested.get());
    } catch (OwnershipOverException e) {
      throw e;
    } catch (Throwable e) {
      return new StepResult.Row(
          LogRows.failed(attempt, owned.number(attempt), StepFailure.ofStores(e)));
    }
  }

  /** Returns the run of the last attempt. */
  private Optional<SagaRun> nested(OwnedRun owned, Next.Attempt attempt) {
    return owned.progress().step(attempt).action().lastBegun().flatMap(this::run);
  }

  private Optional<SagaRun> run(Tries.Begun begun) {
    UUID id = UUID.fromString(String.valueOf(begun.data().get(SAGA)));
    Optional<SagaRun> run = sql.sagas().find(id);
    if (run.isEmpty()) {
      throw new IllegalStateException("the nested saga " + id + " is gone");
    }
    return run;
  }

  private StepResult start(OwnedRun owned, RunThread thread, Next.Act attempt, Nested step)
      throws Exception {
    int number = owned.progress().step(attempt).action().last() + 1;
    RunContext context = RunContext.of(owned, attempt);
    Map<String, Object> input =
        thread.call(
            owned.limit(attempt),
            () -> CanonicalObject.of(owned.toString(), "input", step.input().apply(context)));
    Saga saga = step.saga();
    Added added =
        new Added(
            OrderedIds.next(),
            Definitions.of(saga),
            saga.steps().stream().map(SagaStep::name).toList(),
            input,
            owned.run().correlationId(),
            Optional.of(number == 1 ? context.actionKey() : context.actionKey() + "/" + number),
            Optional.of(owned.run().id()),
            saga.timeout());
    SqlOptions options =
        SqlOptions.of(owned + ", step " + attempt.step().name() + ": start saga " + saga.name())
            .withDeadline(owned.limit(attempt));
    return inUnit(
        owned, thread, options, store -> add(owned, attempt, added, number, store));
  }

  private static Plan add(
      OwnedRun owned, Next.Act attempt, Added added, int number, SagaStore store) {
    UUID id = store.add(added, Optional.empty());
    NewEntry row = LogRows.begun(attempt.step(), number, Map.of(SAGA, id.toString()));
    Plan plan = owned.planRow(row).then(new Then.Rest(LOOK));
    Optional<String> unused = owned.append(store, plan);
    return plan;
  }

  private static StepResult outcome(Next.Act attempt, int number, SagaRun nested) {
    StepFailure failure =
        StepFailure.of(
            "the nested saga "
                + nested.id()
                + " is "
                + nested.state()
                + nested.reason().map(reason -> ": " + reason).orElse(""));
    return switch (nested.state()) {
      case COMPLETED ->
          new StepResult.Row(LogRows.done(attempt, number, Map.of(SAGA, nested.id().toString())));
      case RUNNING, COMPENSATING, DEFINITION_CHANGED -> new StepResult.Waits(LOOK);
      case COMPENSATED ->
          failed(attempt, number, attempt.isForwardOnly() ? failure : failure.clean().hopeless());
      case FORWARD_FAILED -> failed(attempt, number, failure.forward());
      case COMPENSATION_FAILED, GIVEN_UP -> failed(attempt, number, failure.hopeless());
    };
  }

  private static StepResult failed(Next.Attempt attempt, int number, StepFailure failure) {
    return new StepResult.Row(LogRows.failed(attempt, number, failure));
  }

  /** Has the nested run compensated, and waits for that. */
  StepResult undo(OwnedRun owned, RunThread thread, Next.Undo attempt, Nested step) {
    try {
      SagaRun nested = nested(owned, attempt).orElseThrow();
      return switch (nested.state()) {
        case COMPENSATED -> new StepResult.Row(LogRows.done(attempt, attempt.attempt(), Map.of()));
        case COMPENSATING -> new StepResult.Waits(LOOK);
        case RUNNING, COMPLETED -> reopen(owned, thread, attempt, step, nested.id());
        default -> stopped(owned, attempt, nested);
      };
    } catch (OwnershipOverException e) {
      throw e;
    } catch (RuntimeException e) {
      return failed(attempt, attempt.attempt(), StepFailure.ofStores(e));
    }
  }

  /** Rests in the same transaction, so that the end of the nested run finds it resting. */
  private StepResult reopen(
      OwnedRun owned, RunThread thread, Next.Undo attempt, Nested step, UUID nested) {
    String what = owned + ", which it is nested in, is compensated";
    Plan rest = owned.rest(LOOK);
    return inUnit(
        owned,
        thread,
        SqlOptions.of(owned + ": have the nested saga " + nested + " compensated")
            .withDeadline(owned.limit(attempt)),
        unit -> {
          boolean unused = unit.reopen(nested, what, step.saga().compensationTimeout());
          Optional<String> cancelled = owned.append(unit, rest);
          return rest;
        });
  }

  private StepResult inUnit(
      OwnedRun owned, RunThread thread, SqlOptions options, Function<SagaStore, Plan> work) {
    try {
      Plan plan = sql.inTransaction(options, unit -> work.apply(unit.sagas()));
      changed.run();
      return new StepResult.Recorded(plan);
    } catch (PersistenceException e) {
      if (!OwnedRun.isRefused(e)) {
        throw e;
      }
      owned.recover(e, thread);
      return new StepResult.Reread();
    }
  }

  /** A nested run that was given up is left so, once an operator resumed the run around it. */
  private static StepResult stopped(OwnedRun owned, Next.Undo attempt, SagaRun nested) {
    boolean isResumed = owned.progress().step(attempt).undo().last() > 0;
    return isResumed && nested.state() == State.GIVEN_UP
        ? new StepResult.Row(LogRows.done(attempt, attempt.attempt(), Map.of()))
        : failed(
            attempt,
            attempt.attempt(),
            StepFailure.of(
                    "the nested saga "
                        + nested.id()
                        + " is "
                        + nested.state()
                        + nested.reason().map(reason -> ": " + reason).orElse(""))
                .hopeless());
  }
}
