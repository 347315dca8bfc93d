package io.mistersmith.persistence.agent;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Selects registered agents for {@link AgentRepository#find(AgentQuery)}: those that meet every
 * condition, in the order of their ids, a page at a time. Immutable: each {@code with} returns a
 * copy.
 */
public final class AgentQuery {

  /** The largest page. */
  public static final int MAX_LIMIT = 10_000;

  private static final AgentQuery ALL =
      new AgentQuery(
          new Conditions(
              Optional.empty(), Optional.empty(), Optional.empty(), Map.of(), Optional.empty()),
          Optional.empty(),
          100);

  private record Conditions(
      Optional<String> type,
      Optional<Agent.Status> status,
      Optional<AgentId> parent,
      Map<String, Object> capabilities,
      Optional<Instant> silentSince) {}

  private final Conditions conditions;
  private final Optional<AgentId> after;
  private final int limit;

  private AgentQuery(Conditions conditions, Optional<AgentId> after, int limit) {
    this.conditions = conditions;
    this.after = after;
    this.limit = limit;
  }

  /** Returns a query of all agents, in pages of 100. */
  public static AgentQuery all() {
    return ALL;
  }

  /** Returns a query of the agents with the status {@code ACTIVE}. */
  public static AgentQuery active() {
    return ALL.withStatus(Agent.Status.ACTIVE);
  }

  /** Returns a query of the agents that have this parent. */
  public static AgentQuery childrenOf(AgentId parent) {
    return ALL.withParent(parent);
  }

  /** Returns a copy that selects agents of this type alone. */
  public AgentQuery withType(String type) {
    String checked = TypeName.check("agent type", type);
    return with(
        new Conditions(
            Optional.of(checked),
            conditions.status,
            conditions.parent,
            conditions.capabilities,
            conditions.silentSince));
  }

  /** Returns a copy that selects agents in this status alone. */
  public AgentQuery withStatus(Agent.Status status) {
    return with(
        new Conditions(
            conditions.type,
            Optional.of(status),
            conditions.parent,
            conditions.capabilities,
            conditions.silentSince));
  }

  /**
   * Returns a copy that selects agents with this parent alone.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     INVALID_KEY} when the parent is an owner outside the registry
   */
  public AgentQuery withParent(AgentId parent) {
    return with(
        new Conditions(
            conditions.type,
            conditions.status,
            Optional.of(parent.requireRegistered("parents of agents")),
            conditions.capabilities,
            conditions.silentSince));
  }

  /**
   * Returns a copy that selects agents whose capabilities contain these alone, as {@code jsonb}'s
   * operator {@code @>} decides: a map contains another one when it has each of its members, whose
   * values contain the other's; a list contains another one when each element of the other is
   * contained in one of its own, in any order and number; numbers are compared by value.
   *
   * @param capabilities a JSON object; an empty one selects every agent
   */
  public AgentQuery withCapabilities(Map<String, ?> capabilities) {
    return with(
        new Conditions(
            conditions.type,
            conditions.status,
            conditions.parent,
            Map.copyOf(capabilities),
            conditions.silentSince));
  }

  /**
   * Returns a copy that selects agents without a heartbeat at this time, cut to the microsecond, or
   * later alone. An agent that never sent one counts from its registration.
   */
  public AgentQuery silentSince(Instant instant) {
    return with(
        new Conditions(
            conditions.type,
            conditions.status,
            conditions.parent,
            conditions.capabilities,
            Optional.of(instant.truncatedTo(ChronoUnit.MICROS))));
  }

  /**
   * Returns a copy for the page that comes after an agent: the last one of the page before. It need
   * not exist any more.
   */
  public AgentQuery after(AgentId agent) {
    return new AgentQuery(conditions, Optional.of(agent.requireRegistered("agents")), limit);
  }

  /**
   * Returns a copy with pages of at most this many agents (100 at first).
   *
   * @throws IllegalArgumentException when it is less than 1 or more than {@value #MAX_LIMIT}
   */
  public AgentQuery withLimit(int most) {
    if (most < 1 || most > MAX_LIMIT) {
      throw new IllegalArgumentException(
          "a page of " + most + " agents: ask for 1 to " + MAX_LIMIT);
    }
    return new AgentQuery(conditions, after, most);
  }

  private AgentQuery with(Conditions changed) {
    return new AgentQuery(changed, after, limit);
  }

  /** Returns the type, where only one is selected. */
  public Optional<String> type() {
    return conditions.type;
  }

  /** Returns the status, where only one is selected. */
  public Optional<Agent.Status> status() {
    return conditions.status;
  }

  /** Returns the parent, where only one's children are selected. */
  public Optional<AgentId> parent() {
    return conditions.parent;
  }

  /** Returns what the capabilities must contain; empty for anything. */
  public Map<String, Object> capabilities() {
    return conditions.capabilities;
  }

  /** Returns the time from which on there must be no heartbeat. */
  public Optional<Instant> silentSince() {
    return conditions.silentSince;
  }

  /** Returns the agent that the page comes after; empty for the first page. */
  public Optional<AgentId> after() {
    return after;
  }

  /** Returns how many agents the page has at most. */
  public int limit() {
    return limit;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AgentQuery that
        && that.conditions.equals(conditions)
        && that.after.equals(after)
        && that.limit == limit;
  }

  @Override
  public int hashCode() {
    return Objects.hash(conditions, after, limit);
  }

  @Override
  public String toString() {
    return "AgentQuery[" + conditions + ", after=" + after + ", limit=" + limit + "]";
  }
}
