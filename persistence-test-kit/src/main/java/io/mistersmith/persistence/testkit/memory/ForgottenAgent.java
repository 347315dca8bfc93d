package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.ForgetStore.Forgotten;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * A row of an agent that is or was forgotten; immutable.
 *
 * @param tasks the tasks that were removed
 * @param contents of large values that its entries named when it was first to be forgotten
 */
record ForgottenAgent(
    AgentId agent,
    Instant begunAt,
    Instant workedAt,
    Optional<Instant> endedAt,
    Optional<Instant> checkedAt,
    Map<String, Long> removed,
    Set<UUID> tasks,
    Set<UUID> contents) {

  static ForgottenAgent begun(AgentId agent, Set<UUID> contents, Instant now) {
    return new ForgottenAgent(
        agent, now, now, Optional.empty(), Optional.empty(), Map.of(), Set.of(), contents);
  }

  ForgottenAgent again(Set<UUID> moreContents, Instant now) {
    return new ForgottenAgent(
        agent,
        begunAt,
        now,
        Optional.empty(),
        Optional.empty(),
        removed,
        tasks,
        both(contents, moreContents));
  }

  ForgottenAgent worked(Instant now) {
    return new ForgottenAgent(agent, begunAt, now, endedAt, checkedAt, removed, tasks, contents);
  }

  ForgottenAgent counted(String place, long count, Instant now) {
    Map<String, Long> counts = new TreeMap<>(removed);
    long unused = counts.merge(place, count, Long::sum);
    return new ForgottenAgent(agent, begunAt, now, endedAt, checkedAt, counts, tasks, contents);
  }

  ForgottenAgent withTasks(Set<UUID> more) {
    return new ForgottenAgent(
        agent, begunAt, workedAt, endedAt, checkedAt, removed, both(tasks, more), contents);
  }

  /** At the first time it has ended; at the second it was looked at once more. */
  ForgottenAgent ended(Instant now) {
    boolean again = endedAt.isPresent();
    return new ForgottenAgent(
        agent,
        begunAt,
        now,
        again ? endedAt : Optional.of(now),
        again ? Optional.of(now) : Optional.empty(),
        removed,
        again ? Set.of() : tasks,
        again ? Set.of() : contents);
  }

  /** Whether changes of this time are from before the end. */
  boolean covers(Instant time) {
    return endedAt.map(end -> !time.isAfter(end)).orElse(true);
  }

  Forgotten forgotten() {
    return new Forgotten(agent, begunAt, endedAt, removed);
  }

  private static Set<UUID> both(Set<UUID> some, Set<UUID> more) {
    Set<UUID> all = new TreeSet<>(some);
    all.addAll(more);
    return all;
  }
}
