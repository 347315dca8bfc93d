package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The durable registry of agents. Thread-safe. Calls that register an agent or change its status
 * record a lifecycle event in the same transaction.
 */
public interface AgentStore {

  /** For {@code expectedVersion}: the write is unconditional. */
  long ANY = -1;

  /** For {@code expectedVersion}: the agent must not exist. */
  long NONE = 0;

  /**
   * Creates or replaces the agent and returns it with its new version. Empty metadata is completed
   * with {@code created_at} and {@code version}; a replacement keeps what the row has.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException {@code DUPLICATE_KEY} when it
   *     exists and {@link #NONE} was expected, {@code VERSION_CONFLICT} when it has another version
   *     or is absent, {@code CONSTRAINT_VIOLATION} when it is refused
   */
  StoredAgent save(Agent agent, long expectedVersion);

  /**
   * Writes an agent as {@link #save} does, with a version that was given out before: what the
   * registry lost in a failover must not give the same versions to other content.
   *
   * @param expectedVersion the version of the row, {@link #NONE} where there is none
   * @param version a higher one
   * @return the agent; empty when the row has another version by now, so that nothing was changed
   * @throws io.mistersmith.persistence.error.PersistenceException {@code CONSTRAINT_VIOLATION} when
   *     it is refused
   */
  Optional<StoredAgent> restore(Agent agent, long expectedVersion, long version);

  /**
   * Creates or replaces the agents, each as {@link #save} with {@link #ANY} does. An agent that is
   * refused keeps no other out.
   *
   * @param agents the agents, each once; a parent comes before its children
   * @return the outcome of each agent, in their order
   */
  Map<AgentId, DataResult<StoredAgent>> saveAll(Collection<Agent> agents);

  /** The agent. */
  @SqlAccess.Read
  Optional<StoredAgent> find(AgentId id);

  /** Those of the agents that exist. */
  @SqlAccess.Read
  Map<AgentId, StoredAgent> findAll(Collection<AgentId> ids);

  /**
   * The agents that the query selects, in the order of their ids' bytes; see {@link
   * io.mistersmith.persistence.agent.AgentRepository#find(AgentQuery)}.
   */
  @SqlAccess.Read
  List<StoredAgent> find(AgentQuery query);

  /**
   * Deletes the agent, and its state with it; returns whether there was one.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException {@code VERSION_CONFLICT} when it
   *     has another version than expected, or one was expected and it is absent
   */
  boolean delete(AgentId id, long expectedVersion);

  /**
   * Deletes the agents, each as {@link #delete} with {@link #ANY} does. An agent that is refused,
   * such as the parent of one that is not given, keeps no other from being deleted; a parent and
   * its children are given in any order.
   *
   * @param ids the agents, each once
   * @return for each agent, in their order, the version that it had, {@link #NONE} where there was
   *     none, or why it was refused
   */
  Map<AgentId, DataResult<Long>> deleteAll(Collection<AgentId> ids);

  /** Sets the last heartbeat of each agent that exists, never back in time. */
  void heartbeats(Map<AgentId, Instant> times);

  /** The agent's last heartbeat. */
  @SqlAccess.Read
  Optional<Instant> lastHeartbeat(AgentId id);

  /** Agents whose latest version was never {@linkplain #markPublished published}, oldest first. */
  @SqlAccess.Read
  List<StoredAgent> unpublished(int limit);

  /** Notes that the hot store holds this version of the agent, or a later one. */
  void markPublished(AgentId id, long version);

  /** {@link #markPublished} of the version of each agent. */
  void markAllPublished(Map<AgentId, Long> versions);

  /**
   * An agent as its registry has it.
   *
   * @param agent the agent
   * @param version counts its writes, from 1
   * @param updatedAt the time of the last write
   */
  record StoredAgent(Agent agent, long version, Instant updatedAt) {}
}
