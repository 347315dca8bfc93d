package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.mistersmith.persistence.event.SagaEvent.SagaEnded;
import io.mistersmith.persistence.event.SagaEvent.SagaStopped;
import io.mistersmith.persistence.event.SagaEvent.SagasWaiting;
import io.mistersmith.persistence.event.SagaEvent.StepFailed;
import io.mistersmith.persistence.event.SagaEvent.StepHanging;

/** The meters of sagas, which events move. Thread-safe. */
final class SagaMeters {

  private final MeterRegistry registry;
  private final Counter takeOvers;

  SagaMeters(MeterRegistry registry) {
    this.registry = registry;
    this.takeOvers =
        Counter.builder("persistence.sagas.takeovers")
            .description("runs that this runtime went on with after their runner was gone")
            .register(registry);
  }

  void ended(SagaEnded run) {
    Timer.builder("persistence.sagas.duration")
        .description("runs of sagas, from their start to their end")
        .tag("saga", run.name())
        .tag("state", run.state().name())
        .register(registry)
        .record(run.took());
  }

  void stopped(SagaStopped run) {
    Counter.builder("persistence.sagas.stopped")
        .description("runs of sagas that wait for an operator")
        .tag("saga", run.name())
        .tag("state", run.state().name())
        .register(registry)
        .increment();
  }

  void failed(StepFailed attempt) {
    Counter.builder("persistence.sagas.failures")
        .description("attempts at steps that failed")
        .tag("saga", attempt.name())
        .tag("step", attempt.step())
        .tag("compensation", Boolean.toString(attempt.compensation()))
        .register(registry)
        .increment();
  }

  void waiting(SagasWaiting runs) {
    Counter.builder("persistence.sagas.waiting")
        .description("runs that were found to wait for a definition that this runtime lacks")
        .tag("saga", runs.name())
        .tag("version", Integer.toString(runs.version()))
        .register(registry)
        .increment(runs.runs());
  }

  void hanging(StepHanging step) {
    Counter.builder("persistence.sagas.hanging")
        .description("attempts at steps that went on after they were interrupted")
        .tag("saga", step.name())
        .tag("step", step.step())
        .register(registry)
        .increment();
  }

  void takenOver() {
    takeOvers.increment();
  }
}
