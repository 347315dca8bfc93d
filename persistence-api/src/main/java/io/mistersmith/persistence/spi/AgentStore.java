package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.Agent;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The durable registry of agents. Thread-safe. What registers an agent or changes its status is
 * recorded as a lifecycle event in the same transaction.
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
   * Creates or replaces the agents, each as {@link #save} with {@link #ANY} does. An agent that is
   * refused keeps no other out.
   *
   * @param agents the agents, each once; a parent comes before its children
   * @return the outcome of each agent, in their order
   */
  Map<UUID, DataResult<StoredAgent>> saveAll(Collection<Agent> agents);

  /** The agent. */
  Optional<StoredAgent> find(UUID id);

  /** Those of the agents that exist. */
  Map<UUID, StoredAgent> findAll(Collection<UUID> ids);

  /**
   * Deletes the agent, and its state with it; returns whether there was one.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException {@code VERSION_CONFLICT} when it
   *     has another version than expected, or one was expected and it is absent
   */
  boolean delete(UUID id, long expectedVersion);

  /** Sets the last heartbeat of each agent that exists, never back in time. */
  void heartbeats(Map<UUID, Instant> times);

  /** The agent's last heartbeat. */
  Optional<Instant> lastHeartbeat(UUID id);

  /** Agents whose latest version was never {@linkplain #markPublished published}, oldest first. */
  List<StoredAgent> unpublished(int limit);

  /** Notes that the hot store holds this version of the agent, or a later one. */
  void markPublished(UUID id, long version);

  /** {@link #markPublished} of the version of each agent. */
  void markAllPublished(Map<UUID, Long> versions);
}
