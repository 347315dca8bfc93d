package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How far a run is: its definition and its log, folded into what is to be done next. Reads no clock
 * and no store. Immutable.
 */
final class SagaProgress {

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /** A store that is away is not asked more often, since its absence uses up no attempts. */
  private static final Duration SHORTEST_AWAY = Duration.ofMillis(100);

  private final Saga saga;
  private final List<StepProgress> steps;
  private final boolean compensating;

  private SagaProgress(Saga saga, List<StepProgress> steps, boolean compensating) {
    this.saga = saga;
    this.steps = steps;
    this.compensating = compensating;
  }

  /**
   * What the log does not say.
   *
   * @param run the run number of the owner that asks
   * @param isTimeOver whether the deadline has passed
   * @param cancelled why the run is to be compensated, if that was asked for
   */
  record Situation(int run, boolean isTimeOver, Optional<String> cancelled) {}

  /** Returns the progress by a run's log. */
  static SagaProgress of(Saga saga, List<LogEntry> log) {
    SagaProgress progress =
        new SagaProgress(saga, saga.steps().stream().map(StepProgress::new).toList(), false);
    for (LogEntry row : log) {
      NewEntry entry =
          new NewEntry(row.event(), row.step(), row.attempt(), row.data(), row.reason());
      progress = progress.with(entry, row.run());
    }
    return progress;
  }

  /** Returns the progress after one more row, of the owner with this run number. */
  SagaProgress with(NewEntry row, int run) {
    if (row.event() == Event.RESUMED) {
      return new SagaProgress(
          saga, steps.stream().map(StepProgress::resumed).toList(), compensating);
    }
    if (row.event() == Event.COMPENSATING) {
      return new SagaProgress(saga, steps, true);
    }
    if (row.step().isEmpty()) {
      return this;
    }
    List<StepProgress> changed = new ArrayList<>(steps);
    changed.replaceAll(
        step -> step.step().name().equals(row.step().get()) ? step.with(row, run) : step);
    return new SagaProgress(saga, List.copyOf(changed), compensating);
  }

  /** Returns what is to be done next. */
  Next next(Situation now) {
    return compensating ? back(now) : forward(now);
  }

  private Next forward(Situation now) {
    int index = 0;
    while (index < steps.size() && steps.get(index).isDone()) {
      index++;
    }
    if (index == steps.size()) {
      return new Next.End(State.COMPLETED);
    }
    StepProgress at = steps.get(index);
    Tries tries = at.action();
    boolean isForwardOnly = saga.pivot().isPresent() && saga.pivot().get() < index;
    boolean isUsedUp = tries.counted() >= at.step().attempts();
    if (at.isStuck() || (isForwardOnly && tries.isHopeless())) {
      return new Next.Stop(State.FORWARD_FAILED, failed(at.step(), tries));
    }
    if (isForwardOnly) {
      if (now.isTimeOver() && isUsedUp) {
        return new Next.Stop(State.FORWARD_FAILED, failed(at.step(), tries) + timeOver(saga));
      }
    } else if (now.cancelled().isPresent()) {
      return new Next.Compensate("cancelled: " + now.cancelled().get());
    } else if (tries.isHopeless() || isUsedUp) {
      return new Next.Compensate(failed(at.step(), tries));
    } else if (now.isTimeOver()) {
      return new Next.Compensate(
          "step " + at.step().name() + " was not done in time" + timeOver(saga) + why(tries));
    }
    return new Next.Act(
        at.step(), index, tries.next(now.run()), at.needsRow(now.run()), isForwardOnly);
  }

  private Next back(Situation now) {
    for (int index = steps.size() - 1; index >= 0; index--) {
      StepProgress at = steps.get(index);
      if (!at.isToBeUndone()) {
        continue;
      }
      Tries tries = at.undo();
      String what = "step " + at.step().name() + " is not undone";
      if (tries.isHopeless() || tries.counted() >= at.step().attempts()) {
        return new Next.Stop(State.COMPENSATION_FAILED, what + why(tries));
      }
      if (now.isTimeOver()) {
        return new Next.Stop(
            State.COMPENSATION_FAILED,
            what
                + ", and the "
                + saga.compensationTimeout()
                + " of the compensation are over"
                + why(tries));
      }
      return new Next.Undo(at.step(), index, tries.next(now.run()), at.needsUndoRow(now.run()));
    }
    return new Next.End(State.COMPENSATED);
  }

  private static String failed(SagaStep step, Tries tries) {
    return "step " + step.name() + " failed" + why(tries);
  }

  private static String why(Tries tries) {
    return tries.reason().map(reason -> ": " + reason).orElse("");
  }

  private static String timeOver(Saga saga) {
    return " (the " + saga.timeout() + " of the saga are over)";
  }

  /** Returns how long to wait before the attempt, for the failures before it. */
  Duration pauseBefore(Next.Attempt attempt) {
    Tries tries = attempt.isUndo() ? step(attempt).undo() : step(attempt).action();
    if (tries.failed() == 0) {
      return Duration.ZERO;
    }
    boolean wasAway = tries.counted() < tries.failed();
    Duration pause = attempt.step().pause();
    if (wasAway && pause.compareTo(SHORTEST_AWAY) < 0) {
      pause = SHORTEST_AWAY;
    }
    for (int i = 1; i < tries.failed() && pause.compareTo(LONGEST_PAUSE) < 0; i++) {
      pause = pause.multipliedBy(2);
    }
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }

  /** Whether a row {@code BEGUN} is of the only attempt at its step. */
  boolean isOnlyAttempt(NewEntry begun) {
    return steps.stream()
        .filter(step -> begun.step().equals(Optional.of(step.step().name())))
        .allMatch(step -> step.action().begun().size() == 1);
  }

  StepProgress step(Next.Attempt attempt) {
    return steps.get(attempt.index());
  }

  /** Returns the steps, in their order. */
  List<StepProgress> steps() {
    return steps;
  }

  /** Returns the result of a step that is done; empty for one that is not, or that there is not. */
  Optional<Map<String, Object>> result(String step) {
    return steps.stream()
        .filter(progress -> progress.step().name().equals(step))
        .findFirst()
        .flatMap(StepProgress::result);
  }
}
