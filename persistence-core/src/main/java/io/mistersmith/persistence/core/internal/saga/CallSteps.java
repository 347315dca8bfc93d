package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.codec.CanonicalObject;
import io.mistersmith.persistence.saga.SagaContext;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.StepRefusedException;
import java.util.Map;

/** Makes attempts at steps that call the application's code. */
final class CallSteps {

  private CallSteps() {}

  static StepResult run(
      OwnedRun owned, RunThread thread, Next.Attempt attempt, SagaStep.Call call) {
    SagaContext context = RunContext.of(owned, attempt);
    try {
      Map<String, Object> result =
          thread.call(owned.limit(attempt), () -> canonical(owned, attempt, call.run(context)));
      return new StepResult.Row(LogRows.done(attempt, attempt.attempt(), result));
    } catch (OwnershipOverException e) {
      throw e;
    } catch (Throwable e) {
      StepFailure failure = StepFailure.of(e);
      return new StepResult.Row(
          LogRows.failed(
              attempt,
              attempt.attempt(),
              isFirst(owned, attempt) && e instanceof StepRefusedException
                  ? failure.clean()
                  : failure));
    }
  }

  /** Returns a result in the form in which every store gives it back. */
  static Map<String, Object> canonical(
      OwnedRun owned, Next.Attempt attempt, Map<String, Object> result) {
    return CanonicalObject.of(owned + ", step " + attempt.step().name(), "result", result);
  }

  /** Whether no other attempt, of this owner or another one, can have done the step. */
  private static boolean isFirst(OwnedRun owned, Next.Attempt attempt) {
    Tries tries = owned.progress().step(attempt).action();
    return tries.lastFailed() == 0 && tries.begun().size() <= 1;
  }
}
