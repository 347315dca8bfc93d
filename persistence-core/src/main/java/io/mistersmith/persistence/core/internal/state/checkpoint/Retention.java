package io.mistersmith.persistence.core.internal.state.checkpoint;

import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.Checkpoints.PruneRule;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The result of applying a rule to an agent's checkpoints.
 *
 * @param removed those that may go, latest first
 * @param needed those that the rule would let go, but that a kept one needs
 */
record Retention(List<Checkpoint> removed, List<Checkpoint> needed) {

  /** Applies the rule to all checkpoints of an agent, latest first. */
  static Retention of(PruneRule rule, List<Checkpoint> latestFirst, Instant now) {
    List<Checkpoint> doomed = new ArrayList<>();
    Set<UUID> needed = new HashSet<>();
    List<Checkpoint> removed = new ArrayList<>();
    List<Checkpoint> spared = new ArrayList<>();
    long bytes = 0;
    int place = 0;
    for (Checkpoint checkpoint : latestFirst) {
      bytes += checkpoint.bytes();
      if (place++ >= rule.keep() && mayGo(rule, checkpoint, bytes, now)) {
        doomed.add(checkpoint);
      } else {
        checkpoint.parent().ifPresent(needed::add);
      }
    }
    // A parent is older than its child, and so comes after it.
    for (Checkpoint checkpoint : doomed) {
      if (needed.contains(checkpoint.id())) {
        checkpoint.parent().ifPresent(needed::add);
        spared.add(checkpoint);
      } else {
        removed.add(checkpoint);
      }
    }
    return new Retention(removed, spared);
  }

  private static boolean mayGo(PruneRule rule, Checkpoint checkpoint, long bytes, Instant now) {
    Optional<Boolean> old =
        rule.olderThan().map(age -> checkpoint.createdAt().isBefore(now.minus(age)));
    boolean tooMuch = rule.totalBytes().isPresent() && bytes > rule.totalBytes().getAsLong();
    boolean unlimited = old.isEmpty() && rule.totalBytes().isEmpty();
    return unlimited || tooMuch || old.orElse(false);
  }
}
