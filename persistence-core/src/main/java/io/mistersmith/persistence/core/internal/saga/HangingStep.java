package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.saga.SagaRun;

/**
 * An attempt at a step whose code goes on though it was interrupted.
 *
 * @param run the run
 * @param step the name of the step
 * @param isUndo whether it is the step's compensation
 * @param isReplaced whether its slot was given to other runs
 */
record HangingStep(SagaRun run, String step, boolean isUndo, boolean isReplaced) {

  static HangingStep of(SagaExecution execution, Next.Attempt attempt, boolean isReplaced) {
    return new HangingStep(
        execution.owned().run(), attempt.step().name(), attempt.isUndo(), isReplaced);
  }

  /** Returns a sentence for an operator. */
  String notice() {
    return "saga "
        + run.name()
        + " "
        + run.id()
        + ", step "
        + step
        + ": its "
        + (isUndo ? "compensation" : "action")
        + " goes on though its time is over or its runner's lease was lost; "
        + (isReplaced ? "it occupies a thread" : "it occupies a slot of the runner")
        + ". Have its code return when its thread is interrupted, or restart the process";
  }
}
