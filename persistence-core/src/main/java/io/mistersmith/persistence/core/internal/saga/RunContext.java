package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.saga.SagaContext;
import io.mistersmith.persistence.saga.SagaRun;
import java.util.Map;
import java.util.UUID;

/**
 * What an attempt knows about its run.
 *
 * @param run the run
 * @param progress how far it is
 * @param step the name of the step
 * @param isUndo whether the step is undone
 * @param attempt which attempt it is
 */
record RunContext(SagaRun run, SagaProgress progress, String step, boolean isUndo, int attempt)
    implements SagaContext {

  static RunContext of(OwnedRun owned, Next.Attempt attempt) {
    return new RunContext(
        owned.run(), owned.progress(), attempt.step().name(), attempt.isUndo(), attempt.attempt());
  }

  @Override
  public UUID saga() {
    return run.id();
  }

  @Override
  public String correlationId() {
    return run.correlationId();
  }

  @Override
  public Map<String, Object> input() {
    return run.input();
  }

  @Override
  public Map<String, Object> result(String of) {
    return progress
        .result(of)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "saga " + run.name() + ": step " + of + " is not done"));
  }

  @Override
  public boolean isDone(String of) {
    return progress.result(of).isPresent();
  }

  @Override
  public String idempotencyKey() {
    return isUndo ? actionKey() + "/undo" : actionKey();
  }

  @Override
  public String actionKey() {
    return run.id() + "/" + step;
  }
}
