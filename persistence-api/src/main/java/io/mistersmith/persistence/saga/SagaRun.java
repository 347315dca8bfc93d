package io.mistersmith.persistence.saga;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * A run of a saga as it was when it was read.
 *
 * @param id its id
 * @param name the name of its definition
 * @param version the version of its definition
 * @param state its state
 * @param input what it was started with
 * @param correlationId ties it to what else belongs to the same work
 * @param parent the run that it is nested in
 * @param startedAt when it was started
 * @param endedAt when it ended
 * @param reason why it was or is compensated, or what stopped it
 */
public record SagaRun(
    UUID id,
    String name,
    int version,
    SagaRun.State state,
    Map<String, Object> input,
    String correlationId,
    Optional<UUID> parent,
    Instant startedAt,
    Optional<Instant> endedAt,
    Optional<String> reason) {

  /** Copies the input. */
  public SagaRun {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(state, "state");
    input = Map.copyOf(input);
  }

  /** The state of a run. */
  public enum State {
    /** Its steps are being done. */
    RUNNING(false, false),
    /** Its steps are being undone. */
    COMPENSATING(false, false),
    /** All steps are done. */
    COMPLETED(true, false),
    /** All that was done is undone. */
    COMPENSATED(true, false),
    /** A compensation failed for good, or its time is over. An operator resumes it or gives up. */
    COMPENSATION_FAILED(false, true),
    /**
     * A step behind the pivot failed for good, or the time is over. An operator resumes it or gives
     * up.
     */
    FORWARD_FAILED(false, true),
    /** The steps of its definition were changed under the same version. Correct that and resume. */
    DEFINITION_CHANGED(false, true),
    /** An operator gave it up: it is neither done nor undone. */
    GIVEN_UP(true, false);

    private final boolean end;
    private final boolean stopped;

    State(boolean end, boolean stopped) {
      this.end = end;
      this.stopped = stopped;
    }

    /** Whether the run has ended. */
    public boolean isEnd() {
      return end;
    }

    /** Whether the run waits for an operator. */
    public boolean isStopped() {
      return stopped;
    }
  }

  /**
   * A row of a run's log.
   *
   * @param position its place, from 1, without gaps
   * @param event what happened
   * @param step the name of the step that it is about
   * @param attempt which attempt at the step, from 1; 0 where there is no step
   * @param run the run number of the ownership under which it was written: one more with each
   *     runner that took the saga over
   * @param data what the step keeps: its result, once it is {@code DONE}
   * @param reason why, of failures
   * @param at when it was written, by the database's clock
   */
  public record LogEntry(
      int position,
      SagaRun.Event event,
      Optional<String> step,
      int attempt,
      int run,
      Map<String, Object> data,
      Optional<String> reason,
      Instant at) {

    /** Copies the data. */
    public LogEntry {
      Objects.requireNonNull(event, "event");
      data = Map.copyOf(data);
    }
  }

  /** What a row of the log is about. */
  public enum Event {
    /** An action outside of PostgreSQL begins. */
    BEGUN,
    /** An action is done. */
    DONE,
    /** An attempt at an action failed. */
    FAILED,
    /** From here on the saga is undone. */
    COMPENSATING,
    /** A compensation outside of PostgreSQL begins. */
    UNDO_BEGUN,
    /** A step is undone, or there was nothing to undo. */
    UNDONE,
    /** An attempt at a compensation failed. */
    UNDO_FAILED,
    /** The run waits for an operator. */
    STOPPED,
    /** An operator has the run go on. */
    RESUMED,
    /** The run ended, in the state that {@code data} names. */
    ENDED
  }
}
