package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import java.time.Duration;
import java.util.List;

/**
 * An append to a run's log: an outcome, and all that follows from it without doing anything.
 *
 * @param rows the rows
 * @param then what becomes of the run
 * @param after how far the run is then
 * @param deadline by when it must be done, or undone
 * @param pause how long its owner waits before it goes on
 */
record Plan(List<NewEntry> rows, Then then, SagaProgress after, Deadline deadline, Duration pause) {

  /** Returns a copy with which the run becomes this. */
  Plan then(Then other) {
    return new Plan(rows, other, after, deadline, pause);
  }

  /** Whether the run has this owner no longer. */
  boolean isLast() {
    return then instanceof Then.Rest || then instanceof Then.Stop || then instanceof Then.End;
  }
}
