package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.operations.CheckGroup.Result;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** How many of the last checks were answered. For one thread at a time. */
final class AnsweredChecks {

  private static final int LOOKED_AT = 20;
  private static final double SHARE = 0.95;

  private final Map<String, Deque<Boolean>> answered = new TreeMap<>();

  /** Counts the results of a round. */
  void count(List<Result> results) {
    for (Result result : results) {
      Deque<Boolean> last = answered.computeIfAbsent(result.check(), check -> new ArrayDeque<>());
      last.addLast(result.answered());
      if (last.size() > LOOKED_AT) {
        last.removeFirst();
      }
    }
  }

  /** Returns the component that reports whether checks are made, and answered. */
  Component component() {
    List<String> failing =
        answered.entrySet().stream()
            .filter(entry -> share(entry.getValue()) < SHARE)
            .map(entry -> text(entry.getKey(), entry.getValue()))
            .toList();
    return new Component(
        Health.CHECKS,
        failing.isEmpty() ? Status.HEALTHY : Status.DEGRADED,
        Optional.empty(),
        failing.isEmpty()
            ? "the checks are made, and answered"
            : "less than 95 % of the last checks were answered: "
                + String.join(", ", failing)
                + "; if this comes back, look at the network to the servers");
  }

  private static double share(Deque<Boolean> last) {
    return (double) count(last) / last.size();
  }

  private static long count(Deque<Boolean> last) {
    return last.stream().filter(yes -> yes).count();
  }

  private static String text(String check, Deque<Boolean> last) {
    return "%s %d of %d".formatted(check, count(last), last.size());
  }
}
