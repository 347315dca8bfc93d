package io.mistersmith.persistence.task;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.task.Task.Priority;
import java.time.Duration;
import java.util.Collection;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Which tasks are claimed, by which worker and for how long.
 *
 * @param worker names the worker in leases and executions: 1 to 255 characters
 * @param types the types of the tasks, at least one
 * @param agent the agent whose tasks are claimed too, besides those that belong to nobody
 * @param least the lowest priority that is claimed
 * @param limit how many tasks at most
 * @param lease for how long nobody takes the tasks over
 */
public record TaskClaim(
    String worker,
    Set<String> types,
    Optional<AgentId> agent,
    Optional<Priority> least,
    int limit,
    Duration lease) {

  /** The most tasks of one claim. */
  public static final int MAX_LIMIT = 1_000;

  /** Checks the values, and copies the types. */
  public TaskClaim {
    Objects.requireNonNull(worker, "worker");
    types = Set.copyOf(types);
    Optional<AgentId> unused = agent.map(of -> of.requireRegistered("tasks"));
    if (worker.isEmpty() || worker.codePointCount(0, worker.length()) > 255) {
      throw new IllegalArgumentException("claim: give the worker a name of 1 to 255 characters");
    }
    if (types.isEmpty()) {
      throw new IllegalArgumentException("claim: name at least one type of tasks");
    }
    if (limit < 1 || limit > MAX_LIMIT) {
      throw new IllegalArgumentException(
          "claim: " + limit + " tasks; claim 1 to " + MAX_LIMIT + " at a time");
    }
    if (lease.compareTo(Duration.ofMillis(1)) < 0 || lease.compareTo(Duration.ofDays(365)) > 0) {
      throw new IllegalArgumentException(
          "claim: the lease " + lease + "; give it a millisecond to 365 days");
    }
  }

  /** Returns a claim of one task of these types, for 30 seconds. */
  public static TaskClaim of(String worker, Collection<String> types) {
    return new TaskClaim(
        worker, Set.copyOf(types), Optional.empty(), Optional.empty(), 1, Duration.ofSeconds(30));
  }

  /** Returns a claim of one task of this type, for 30 seconds. */
  public static TaskClaim of(String worker, String type) {
    return of(worker, Set.of(type));
  }

  /** Returns a copy that claims the agent's tasks too. */
  public TaskClaim by(AgentId claiming) {
    return new TaskClaim(worker, types, Optional.of(claiming), least, limit, lease);
  }

  /** Returns a copy that claims tasks of this priority or a higher one alone. */
  public TaskClaim atLeast(Priority lowest) {
    return new TaskClaim(worker, types, agent, Optional.of(lowest), limit, lease);
  }

  /** Returns a copy that claims at most so many tasks. */
  public TaskClaim withLimit(int most) {
    return new TaskClaim(worker, types, agent, least, most, lease);
  }

  /** Returns a copy with another lease. */
  public TaskClaim withLease(Duration length) {
    return new TaskClaim(worker, types, agent, least, limit, length);
  }
}
