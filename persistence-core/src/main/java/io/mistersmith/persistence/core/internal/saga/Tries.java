package io.mistersmith.persistence.core.internal.saga;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The attempts at an action, or at a compensation, that the log knows of. Immutable.
 *
 * @param last the number of the last attempt
 * @param lastFailed the number of the last one that failed
 * @param begun those that have a row of their own, and may have taken effect
 * @param failed how many failed since the run was started or resumed
 * @param counted how many of these count: not those for which a store was away
 * @param isHopeless whether no further attempt is worth it
 * @param reason why the last one failed
 */
record Tries(
    int last,
    int lastFailed,
    List<Tries.Begun> begun,
    int failed,
    int counted,
    boolean isHopeless,
    Optional<String> reason) {

  static final Tries NONE = new Tries(0, 0, List.of(), 0, 0, false, Optional.empty());

  /**
   * An attempt that began.
   *
   * @param attempt its number
   * @param run the run number of its owner
   * @param data what it kept
   */
  record Begun(int attempt, int run, Map<String, Object> data) {}

  /** Returns these and one that began; {@code clean} says that those before had no effect. */
  Tries begin(Begun more, boolean clean) {
    List<Begun> all = clean ? new ArrayList<>() : new ArrayList<>(begun);
    all.add(more);
    return new Tries(
        Math.max(last, more.attempt()),
        lastFailed,
        List.copyOf(all),
        failed,
        counted,
        isHopeless,
        reason);
  }

  /** Returns these after one failed. */
  Tries fail(int attempt, StepFailure failure) {
    return new Tries(
        Math.max(last, attempt),
        Math.max(lastFailed, attempt),
        failure.isClean() ? List.of() : begun,
        failed + 1,
        failure.isAway() ? counted : counted + 1,
        failure.isHopeless(),
        Optional.of(failure.reason()));
  }

  /** Returns these after an operator let the run go on. */
  Tries resumed() {
    return new Tries(last, lastFailed, begun, 0, 0, false, reason);
  }

  /** Returns the number of the next attempt of an owner: of the one that it has begun, if any. */
  int next(int run) {
    return isBegunBy(run) && last > lastFailed ? last : last + 1;
  }

  /** Whether the owner has begun an attempt. */
  boolean isBegunBy(int run) {
    return begun.stream().anyMatch(attempt -> attempt.run() == run);
  }

  Optional<Begun> lastBegun() {
    return begun.isEmpty() ? Optional.empty() : Optional.of(begun.get(begun.size() - 1));
  }
}
