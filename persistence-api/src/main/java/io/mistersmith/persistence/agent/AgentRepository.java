package io.mistersmith.persistence.agent;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.Repository;
import java.time.Instant;
import java.util.List;
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
  default Versioned<Agent> save(Agent agent) {
    return save(agent.id(), agent);
  }

  /**
   * Returns a page of the agents that the query selects, in the order of their ids, from
   * PostgreSQL. Fewer than the query's limit are on the last page alone; ask for the next one with
   * {@code query.after(id of the last agent)}. An agent that is selected all the while is on
   * exactly one page, however often it is saved; one that begins or ceases to be selected is on one
   * or on none.
   *
   * <p>May come from a replica, which has what this process wrote at least, heartbeats excepted.
   * Within a transaction, {@code Transaction.agents().find} sees the transaction's own writes.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     SERIALIZATION_ERROR} when the query's capabilities are no JSON that an agent can have
   */
  List<Versioned<Agent>> find(AgentQuery query);

  /**
   * Notes that the agent is alive. Returns at once; heartbeats are coalesced and written together
   * about once a second, and those of the last second are lost when the process dies.
   */
  void heartbeat(AgentId agent);

  /** The agent's last heartbeat that was written, from PostgreSQL. */
  Optional<Instant> lastHeartbeat(AgentId agent);
}
