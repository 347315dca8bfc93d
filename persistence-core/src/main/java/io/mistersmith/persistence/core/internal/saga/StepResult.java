package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import java.time.Duration;

/** How an attempt at a step ended. */
sealed interface StepResult {

  /** With a row that is to be appended. */
  record Row(NewEntry row) implements StepResult {}

  /** With an append that was committed together with the step. */
  record Recorded(Plan plan) implements StepResult {}

  /** Without an outcome so far: it is looked at again after the pause. */
  record Waits(Duration pause) implements StepResult {}

  /** The log has other rows than this runner knew; it knows them now. */
  record Reread() implements StepResult {}
}
