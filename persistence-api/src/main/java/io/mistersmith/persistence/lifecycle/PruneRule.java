package io.mistersmith.persistence.lifecycle;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Which checkpoints of an agent may go. The latest {@code keep} stay in any case. Of the others go
 * those that are older than {@code olderThan}, and those that do not fit into {@code totalBytes}
 * when they are counted from the latest one on; all of them, when neither is given. Immutable;
 * {@code or…} methods copy.
 *
 * @param keep how many of the latest stay
 * @param olderThan the age from which they may go
 * @param totalBytes how much those that stay may hold together
 */
public record PruneRule(int keep, Optional<Duration> olderThan, OptionalLong totalBytes) {

  /** Checks that there is a rule at all. */
  public PruneRule {
    Checks.that(keep >= 0, "prune rule: keep is " + keep + "; give 0 or more");
    olderThan.ifPresent(age -> Checks.positive("prune rule: olderThan", age));
    totalBytes.ifPresent(
        bytes ->
            Checks.that(bytes >= 0, "prune rule: totalBytes is " + bytes + "; give 0 or more"));
  }

  /** Keeps the latest ones, this many. */
  public static PruneRule keepLatest(int count) {
    return new PruneRule(count, Optional.empty(), OptionalLong.empty());
  }

  /** Lets go what is older. */
  public static PruneRule olderThan(Duration age) {
    return new PruneRule(0, Optional.of(age), OptionalLong.empty());
  }

  /** Keeps as many of the latest as fit. */
  public static PruneRule totalBytes(long bytes) {
    return new PruneRule(0, Optional.empty(), OptionalLong.of(bytes));
  }

  /** This rule, but the latest ones stay in any case, this many. */
  public PruneRule butKeepLatest(int count) {
    return new PruneRule(count, olderThan, totalBytes);
  }

  /** This rule, and what is older goes too. */
  public PruneRule orOlderThan(Duration age) {
    return new PruneRule(keep, Optional.of(age), totalBytes);
  }

  /** This rule, and what does not fit goes too. */
  public PruneRule orBeyondBytes(long bytes) {
    return new PruneRule(keep, olderThan, OptionalLong.of(bytes));
  }
}
