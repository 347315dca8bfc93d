package io.mistersmith.persistence.agent;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.Repository;
import java.time.Instant;
import java.util.Optional;

/**
 * The registry of agents. Written to PostgreSQL first, because the agents' state and all else
 * refers to it there, then to the bucket AGENT_CONFIG, from which it is read. A call that has
 * returned is committed. Thread-safe.
 */
public interface AgentRepository
    extends Repository<AgentId, Agent>,
        Repository.Bulk<AgentId, Agent>,
        Repository.Async<AgentId, Agent> {

  /** Saves the agent under its own id. */
  default io.mistersmith.persistence.model.Versioned<Agent> save(Agent agent) {
    return save(agent.id(), agent);
  }

  /**
   * Notes that the agent is alive. Returns at once; heartbeats are coalesced and written together
   * about once a second, and those of the last second are lost when the process dies.
   */
  void heartbeat(AgentId agent);

  /** The agent's last heartbeat that was written, from PostgreSQL. */
  Optional<Instant> lastHeartbeat(AgentId agent);
}
