package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaStep;

/** The next thing to be done for a run. */
sealed interface Next {

  /** An attempt at a step, forward or back. */
  sealed interface Attempt extends Next {

    /** Returns the step. */
    SagaStep step();

    /** Returns its place in the definition, from 0. */
    int index();

    /** Returns which attempt it is, from 1. */
    int attempt();

    /** Whether the log needs a row before the attempt begins. */
    boolean needsRow();

    /** Whether it undoes the step. */
    default boolean isUndo() {
      return this instanceof Undo;
    }
  }

  /**
   * Do a step.
   *
   * @param isForwardOnly whether the pivot is done, so that the step is repeated until it is done
   */
  record Act(SagaStep step, int index, int attempt, boolean needsRow, boolean isForwardOnly)
      implements Attempt {}

  /** Undo a step. */
  record Undo(SagaStep step, int index, int attempt, boolean needsRow) implements Attempt {}

  /** Begin to undo the run. */
  record Compensate(String reason) implements Next {}

  /** Wait for an operator. */
  record Stop(SagaRun.State state, String reason) implements Next {}

  /** End the run. */
  record End(SagaRun.State state) implements Next {}
}
