package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.saga.StepRefusedException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Why an attempt at a step failed, and what follows from it. Immutable.
 *
 * @param reason why, for people
 * @param isHopeless whether no further attempt is worth it
 * @param isClean whether it is certain that nothing of the step was done, in any attempt so far
 * @param isAway whether a store of this library was away, which uses up no attempt
 * @param isForward whether the step can neither be done nor undone
 */
record StepFailure(
    String reason, boolean isHopeless, boolean isClean, boolean isAway, boolean isForward) {

  private static final int MAX_REASON = 2_000;

  private static final String HOPELESS = "final";
  private static final String CLEAN = "clean";
  private static final String AWAY = "away";
  private static final String FORWARD = "forward";

  /** Bounds the reason. */
  StepFailure {
    String text = reason.replace('\0', ' ');
    reason = text.length() <= MAX_REASON ? text : text.substring(0, MAX_REASON);
  }

  static StepFailure of(String reason) {
    return new StepFailure(reason, false, false, false, false);
  }

  /** The failure of the application's code. */
  static StepFailure of(Throwable failure) {
    boolean isHopeless =
        failure instanceof StepRefusedException
            || failure instanceof NonTransientPersistenceException;
    return new StepFailure(describe(failure), isHopeless, false, false, false);
  }

  /** The failure of a step that this library does, or that runs in its transaction. */
  static StepFailure ofStores(Throwable failure) {
    StepFailure plain = of(failure);
    return failure instanceof PersistenceException typed && isAway(typed.error())
        ? new StepFailure(plain.reason(), false, false, true, false)
        : plain;
  }

  private static boolean isAway(DataError error) {
    return switch (error) {
      case CONNECTION_FAILED, UNAVAILABLE -> true;
      default -> false;
    };
  }

  /** The failure is the application's: its methods may throw. */
  private static String describe(Throwable failure) {
    String name = failure.getClass().getSimpleName();
    try {
      String message = failure.getMessage();
      boolean speaks =
          failure instanceof PersistenceException || failure instanceof StepRefusedException;
      return message == null
          ? failure.getClass().getName()
          : speaks ? message : name + ": " + message;
    } catch (RuntimeException e) {
      return name;
    }
  }

  StepFailure hopeless() {
    return new StepFailure(reason, true, isClean, isAway, isForward);
  }

  StepFailure clean() {
    return new StepFailure(reason, isHopeless, true, isAway, isForward);
  }

  StepFailure away() {
    return new StepFailure(reason, isHopeless, isClean, true, isForward);
  }

  StepFailure forward() {
    return new StepFailure(reason, true, isClean, isAway, true);
  }

  /** Returns what the row of the log says of it. */
  Map<String, Object> data() {
    Map<String, Object> data = new LinkedHashMap<>();
    put(data, HOPELESS, isHopeless);
    put(data, CLEAN, isClean);
    put(data, AWAY, isAway);
    put(data, FORWARD, isForward);
    return data;
  }

  private static void put(Map<String, Object> data, String name, boolean is) {
    if (is) {
      data.put(name, true);
    }
  }

  static StepFailure read(String reason, Map<String, Object> data) {
    return new StepFailure(
        reason,
        data.containsKey(HOPELESS),
        data.containsKey(CLEAN),
        data.containsKey(AWAY),
        data.containsKey(FORWARD));
  }
}
