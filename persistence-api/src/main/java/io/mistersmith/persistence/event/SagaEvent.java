package io.mistersmith.persistence.event;

import io.mistersmith.persistence.saga.SagaRun;
import java.time.Duration;
import java.util.UUID;

/** An event about the runs of sagas that this runtime carries on. */
public sealed interface SagaEvent extends PersistenceEvent {

  /**
   * A run has ended.
   *
   * @param saga the run
   * @param name the name of its definition
   * @param correlationId ties it to other work
   * @param state the state in which it ended
   * @param took how long it took since it was started, by this process's clock
   */
  record SagaEnded(UUID saga, String name, String correlationId, SagaRun.State state, Duration took)
      implements SagaEvent {}

  /**
   * A run has stopped, and waits for an operator.
   *
   * @param saga the run
   * @param name the name of its definition
   * @param correlationId ties it to other work
   * @param state the state in which it stopped
   * @param reason why
   */
  record SagaStopped(
      UUID saga, String name, String correlationId, SagaRun.State state, String reason)
      implements SagaEvent {}

  /**
   * An attempt at an action or a compensation failed.
   *
   * @param saga the run
   * @param name the name of its definition
   * @param correlationId ties it to other work
   * @param step the step
   * @param compensation whether it was the step's compensation
   * @param attempt which attempt it was
   * @param reason why
   */
  record StepFailed(
      UUID saga,
      String name,
      String correlationId,
      String step,
      boolean compensation,
      int attempt,
      String reason)
      implements SagaEvent {}

  /**
   * An attempt at an action or a compensation goes on though it was interrupted, since its time is
   * over or its runner's lease was lost. Reported once for each attempt.
   *
   * @param saga the run
   * @param name the name of its definition
   * @param correlationId ties it to other work
   * @param step the step
   * @param compensation whether it is the step's compensation
   */
  record StepHanging(
      UUID saga, String name, String correlationId, String step, boolean compensation)
      implements SagaEvent {}

  /**
   * A runner of this runtime goes on with a run whose runner is gone.
   *
   * @param saga the run
   * @param name the name of its definition
   * @param correlationId ties it to other work
   * @param owners how many owners it has had, with this one
   */
  record SagaTakenOver(UUID saga, String name, String correlationId, int owners)
      implements SagaEvent {}

  /**
   * Runs wait for a runner that knows their definition, and none of this runtime does. Reported
   * once for each definition.
   *
   * @param name the name of the definition
   * @param version its version
   * @param runs how many wait
   */
  record SagasWaiting(String name, int version, int runs) implements SagaEvent {}
}
