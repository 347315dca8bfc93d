package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.saga.SagaStep.Nested;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.Claimed;
import io.mistersmith.persistence.spi.sql.SagaStore.Owned;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * What the runners of one runtime share.
 *
 * @param store the runs
 * @param journals the leases
 * @param works makes attempts at steps
 * @param events tells how runs go on
 * @param waits wakes calls that await a run
 * @param services runs the services
 * @param clock says when a run was started here
 * @param changed runs when runs may have become claimable
 */
record RunnerContext(
    SagaStore store,
    JournalStore journals,
    StepWorks works,
    SagaEvents events,
    RunWaits waits,
    Services services,
    Clock clock,
    Runnable changed) {

  SagaExecution execution(
      Saga saga,
      Claimed claimed,
      RunThread thread,
      BooleanSupplier closing,
      Consumer<SagaExecution> finished) {
    if (claimed.owner().run() > 1 && wasInterrupted(saga, claimed.log())) {
      events.takenOver(claimed.run(), claimed.owner());
    }
    return new SagaExecution(
        new OwnedRun(store, saga, claimed),
        Definitions.difference(saga, claimed),
        works,
        events,
        thread,
        closing,
        finished);
  }

  /** Whether the owner before is gone, rather than that it has given the run up for a while. */
  private static boolean wasInterrupted(Saga saga, List<LogEntry> log) {
    if (log.isEmpty()) {
      return true;
    }
    LogEntry last = log.get(log.size() - 1);
    return switch (last.event()) {
      case FAILED, UNDO_FAILED, RESUMED, ENDED -> false;
      case BEGUN ->
          saga.steps().stream()
              .noneMatch(
                  step ->
                      last.step().equals(Optional.of(step.name()))
                          && step.action() instanceof Nested);
      case COMPENSATING -> log.size() == 1 || log.get(log.size() - 2).event() != Event.ENDED;
      default -> true;
    };
  }

  /** Returns the claim of a run that was just started with an owner. */
  Claimed started(Added added) {
    SagaRun run =
        new SagaRun(
            added.id(),
            added.definition().name(),
            added.definition().version(),
            SagaRun.State.RUNNING,
            added.input(),
            added.correlationId(),
            added.parent(),
            clock.instant(),
            Optional.empty(),
            Optional.empty());
    return new Claimed(
        new Owned(added.id(), 1), run, added.steps(), List.of(), added.timeout(), Optional.empty());
  }

  /** A run has ended or stopped; the one that it is nested in may be due. */
  void over(SagaRun run) {
    waits.over(run.id());
    if (run.parent().isPresent()) {
      changed.run();
    }
  }
}
