package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import java.util.Map;
import java.util.Optional;

/** Makes the rows of logs. */
final class LogRows {

  private LogRows() {}

  /** Before an attempt at an action, with what it keeps. */
  static NewEntry begun(SagaStep step, int attempt, Map<String, Object> data) {
    return of(Event.BEGUN, step, attempt, data);
  }

  /** Before an attempt, which keeps nothing. */
  static NewEntry begun(Next.Attempt attempt) {
    return of(
        attempt.isUndo() ? Event.UNDO_BEGUN : Event.BEGUN,
        attempt.step(),
        attempt.attempt(),
        Map.of());
  }

  /** After an attempt that succeeded. */
  static NewEntry done(Next.Attempt attempt, int number, Map<String, Object> result) {
    return of(attempt.isUndo() ? Event.UNDONE : Event.DONE, attempt.step(), number, result);
  }

  /** After an attempt that failed. */
  static NewEntry failed(Next.Attempt attempt, int number, StepFailure failure) {
    return new NewEntry(
        attempt.isUndo() ? Event.UNDO_FAILED : Event.FAILED,
        Optional.of(attempt.step().name()),
        number,
        failure.data(),
        Optional.of(failure.reason()));
  }

  /** Takes back a row {@link #begun} whose attempt was not made. */
  static NewEntry notMade(NewEntry begun, String reason) {
    return new NewEntry(
        Event.FAILED,
        begun.step(),
        begun.attempt(),
        StepFailure.of(reason).clean().data(),
        Optional.of("it was not begun: " + reason));
  }

  static NewEntry compensating(String reason) {
    return new NewEntry(Event.COMPENSATING, Optional.empty(), 0, Map.of(), Optional.of(reason));
  }

  static NewEntry stopped(State state, String reason) {
    return new NewEntry(
        Event.STOPPED, Optional.empty(), 0, Map.of("state", state.name()), Optional.of(reason));
  }

  static NewEntry ended(State state) {
    return new NewEntry(
        Event.ENDED, Optional.empty(), 0, Map.of("state", state.name()), Optional.empty());
  }

  private static NewEntry of(Event event, SagaStep step, int attempt, Map<String, Object> data) {
    return new NewEntry(event, Optional.of(step.name()), attempt, data, Optional.empty());
  }
}
