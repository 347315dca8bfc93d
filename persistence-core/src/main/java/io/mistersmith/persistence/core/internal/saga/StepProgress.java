package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.saga.Tries.Begun;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import java.util.Map;
import java.util.Optional;

/**
 * How far a step is, forward and back. Immutable.
 *
 * @param step the step
 * @param action the attempts at its action
 * @param result its result, once it is done
 * @param isStuck whether it failed so that it can be neither done nor undone
 * @param undo the attempts at its compensation
 * @param undone what its compensation returned, once it is undone
 */
record StepProgress(
    SagaStep step,
    Tries action,
    Optional<Map<String, Object>> result,
    boolean isStuck,
    Tries undo,
    Optional<Map<String, Object>> undone) {

  /** Marks a row after which earlier attempts have certainly had no effect. */
  static final String CLEAN = "clean";

  StepProgress(SagaStep step) {
    this(step, Tries.NONE, Optional.empty(), false, Tries.NONE, Optional.empty());
  }

  /** Returns it after a row of the log. */
  StepProgress with(NewEntry row, int run) {
    Begun begun = new Begun(row.attempt(), run, row.data());
    StepFailure failure = StepFailure.read(row.reason().orElse(""), row.data());
    return switch (row.event()) {
      case BEGUN -> acted(action.begin(begun, row.data().containsKey(CLEAN)), isStuck);
      case DONE -> new StepProgress(step, action, Optional.of(row.data()), false, undo, undone);
      case FAILED -> acted(action.fail(row.attempt(), failure), failure.isForward());
      case UNDO_BEGUN -> undoing(undo.begin(begun, false));
      case UNDONE -> new StepProgress(step, action, result, isStuck, undo, Optional.of(row.data()));
      case UNDO_FAILED -> undoing(undo.fail(row.attempt(), failure));
      default -> this;
    };
  }

  private StepProgress acted(Tries tries, boolean stuck) {
    return new StepProgress(step, tries, result, stuck, undo, undone);
  }

  private StepProgress undoing(Tries tries) {
    return new StepProgress(step, action, result, isStuck, tries, undone);
  }

  StepProgress resumed() {
    return new StepProgress(step, action.resumed(), result, false, undo.resumed(), undone);
  }

  boolean isDone() {
    return result.isPresent();
  }

  /** Whether the step may have to be undone, and can be, and is not. */
  boolean isToBeUndone() {
    boolean canBeUndone = step.hasBuiltInCompensation() || step.compensation().isPresent();
    return canBeUndone && undone.isEmpty() && (isDone() || !action.begun().isEmpty());
  }

  /**
   * Whether an attempt of the owner needs a row before it: what is done outside of PostgreSQL
   * cannot be committed together with its row.
   */
  boolean needsRow(int run) {
    return step.action() instanceof SagaStep.Call && !action.isBegunBy(run);
  }

  boolean needsUndoRow(int run) {
    boolean isOutside =
        step.action() instanceof SagaStep.Entry
            || step.compensation().filter(SagaStep.Call.class::isInstance).isPresent();
    return isOutside && !undo.isBegunBy(run);
  }
}
