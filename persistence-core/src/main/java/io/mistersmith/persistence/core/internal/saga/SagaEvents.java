package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.event.SagaEvent;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Owned;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the log and a listener how runs go on. Thread-safe. */
final class SagaEvents {

  private static final Logger LOG = LoggerFactory.getLogger(SagaEvents.class);

  private final PersistenceListener listener;
  private final Clock clock;
  private final Set<Class<? extends SagaEvent>> wanted;

  /** Tells {@code listener}, which throws nothing. */
  SagaEvents(PersistenceListener listener, Clock clock) {
    this.listener = listener;
    this.clock = clock;
    this.wanted =
        Stream.<Class<? extends SagaEvent>>of(
                SagaEvent.SagaEnded.class,
                SagaEvent.SagaStopped.class,
                SagaEvent.StepFailed.class,
                SagaEvent.SagaTakenOver.class,
                SagaEvent.StepHanging.class,
                SagaEvent.SagasWaiting.class)
            .filter(listener::wants)
            .collect(Collectors.toUnmodifiableSet());
  }

  private void tell(SagaEvent event) {
    if (wanted.contains(event.getClass())) {
      listener.on(event);
    }
  }

  void takenOver(SagaRun run, Owned owner) {
    LOG.info("saga {} {} goes on here, in its run {}", run.name(), run.id(), owner.run());
    tell(new SagaEvent.SagaTakenOver(run.id(), run.name(), run.correlationId(), owner.run()));
  }

  /** Tells of an append that was committed. */
  void appended(SagaRun run, Plan plan) {
    plan.rows().forEach(row -> row(run, row));
    if (plan.then() instanceof Then.Stop stop) {
      LOG.error(
          "saga {} {} is {} and waits for an operator: {}",
          run.name(),
          run.id(),
          stop.state(),
          stop.reason());
      tell(
          new SagaEvent.SagaStopped(
              run.id(), run.name(), run.correlationId(), stop.state(), stop.reason()));
    } else if (plan.then() instanceof Then.End end) {
      LOG.debug("saga {} {} is {}", run.name(), run.id(), end.state());
      Duration took = Duration.between(run.startedAt(), clock.instant());
      tell(
          new SagaEvent.SagaEnded(
              run.id(),
              run.name(),
              run.correlationId(),
              end.state(),
              took.isNegative() ? Duration.ZERO : took));
    }
  }

  private void row(SagaRun run, NewEntry row) {
    String step = row.step().orElse("");
    String reason = row.reason().orElse("");
    switch (row.event()) {
      case FAILED, UNDO_FAILED -> {
        boolean isUndo = row.event() == SagaRun.Event.UNDO_FAILED;
        LOG.warn(
            "saga {} {}, step {}: attempt {} at its {} failed: {}",
            run.name(),
            run.id(),
            step,
            row.attempt(),
            isUndo ? "compensation" : "action",
            reason);
        tell(
            new SagaEvent.StepFailed(
                run.id(), run.name(), run.correlationId(), step, isUndo, row.attempt(), reason));
      }
      case COMPENSATING -> LOG.info("saga {} {} is compensated: {}", run.name(), run.id(), reason);
      default -> LOG.debug("saga {} {}, step {}: {}", run.name(), run.id(), step, row.event());
    }
  }

  /** Reports a step that ignores its interrupt. */
  void hanging(HangingStep step) {
    LOG.warn("{}", step.notice());
    SagaRun run = step.run();
    tell(
        new SagaEvent.StepHanging(
            run.id(), run.name(), run.correlationId(), step.step(), step.isUndo()));
  }

  /** Reports runs that wait for a definition. */
  void waiting(String name, int version, int runs) {
    LOG.warn(
        "{} runs of saga {} version {} wait for a runner that knows it, and this runtime has none;"
            + " start one with the definition",
        runs,
        name,
        version);
    tell(new SagaEvent.SagasWaiting(name, version, runs));
  }
}
