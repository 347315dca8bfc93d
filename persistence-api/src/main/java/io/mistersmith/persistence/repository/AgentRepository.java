package io.mistersmith.persistence.repository;

import io.mistersmith.persistence.model.Agent;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * The registry of agents (seed section 4.1). Written to PostgreSQL first, because the agents' state
 * and all else refers to it there, then to the bucket AGENT_CONFIG, from which it is read.
 * Thread-safe.
 */
public interface AgentRepository extends Repository<UUID, Agent> {

  /** Saves the agent under its own id. */
  default io.mistersmith.persistence.model.Versioned<Agent> save(Agent agent) {
    return save(agent.id(), agent);
  }

  /**
   * Notes that the agent is alive. Returns at once; heartbeats are coalesced and written together
   * about once a second, and those of the last second are lost when the process dies.
   */
  void heartbeat(UUID agent);

  /** The agent's last heartbeat that was written, from PostgreSQL. */
  Optional<Instant> lastHeartbeat(UUID agent);
}
