package io.mistersmith.persistence.saga;

import java.util.Map;
import java.util.UUID;

/** The run that an action or a compensation works for. Immutable. */
public interface SagaContext {

  /** Returns the id of the run. */
  UUID saga();

  /** Returns the id that ties the run to what else belongs to the same work. */
  String correlationId();

  /** Returns what the run was started with. */
  Map<String, Object> input();

  /**
   * Returns the result of a step that is done.
   *
   * @throws IllegalArgumentException when the saga has no such step, or it is not done
   */
  Map<String, Object> result(String step);

  /** Whether a step is done, so that it has a result. */
  boolean isDone(String step);

  /**
   * Returns a key of this step of this run: the same for every attempt at its action, by whatever
   * runner, and another one for its compensation. A participant that keeps it can tell a repetition
   * from new work.
   */
  String idempotencyKey();

  /**
   * Returns the {@link #idempotencyKey} of the step's action, also while its compensation runs: by
   * it a participant finds what it is to undo, or that it never did it.
   */
  String actionKey();

  /** Returns which attempt this is, from 1. */
  int attempt();
}
