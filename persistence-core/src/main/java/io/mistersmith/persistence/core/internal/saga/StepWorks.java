package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.SagaStep.Work;

/**
 * Makes attempts at steps of every kind.
 *
 * @param transactions steps in a transaction
 * @param entries steps that change an entry
 * @param undo undoes these
 * @param nested steps that are sagas of their own
 */
record StepWorks(
    TransactionSteps transactions, EntrySteps entries, EntryUndo undo, NestedSteps nested) {

  StepResult run(OwnedRun owned, RunThread thread, Next.Attempt attempt) {
    return attempt instanceof Next.Undo undoing
        ? undo(owned, thread, undoing)
        : act(owned, thread, (Next.Act) attempt);
  }

  private StepResult act(OwnedRun owned, RunThread thread, Next.Act attempt) {
    Work action = attempt.step().action();
    if (action instanceof SagaStep.Entry entry) {
      return entries.act(owned, thread, attempt, entry);
    } else if (action instanceof SagaStep.Nested saga) {
      return nested.act(owned, thread, attempt, saga);
    } else if (action instanceof SagaStep.Row row) {
      return transactions.run(owned, thread, attempt, RowSteps.action(row));
    }
    return own(owned, thread, attempt, action);
  }

  private StepResult undo(OwnedRun owned, RunThread thread, Next.Undo attempt) {
    Work action = attempt.step().action();
    if (action instanceof SagaStep.Entry) {
      return undo.undo(owned, thread, attempt);
    } else if (action instanceof SagaStep.Nested saga) {
      return nested.undo(owned, thread, attempt, saga);
    } else if (action instanceof SagaStep.Row) {
      return transactions.run(
          owned,
          thread,
          attempt,
          RowSteps.undo(owned.progress().step(attempt).result().orElseThrow()));
    }
    return own(owned, thread, attempt, attempt.step().compensation().orElseThrow());
  }

  /** Makes an attempt at the application's own work. */
  private StepResult own(OwnedRun owned, RunThread thread, Next.Attempt attempt, Work work) {
    if (work instanceof SagaStep.InTransaction transaction) {
      return transactions.run(owned, thread, attempt, transaction);
    }
    return CallSteps.run(owned, thread, attempt, (SagaStep.Call) work);
  }
}
