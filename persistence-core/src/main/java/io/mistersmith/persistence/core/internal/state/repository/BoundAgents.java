package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.transaction.Transaction.Agents;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The registry of agents in a transaction: PostgreSQL now, the bucket after the commit. */
final class BoundAgents implements Agents {

  private final AgentStore agents;
  private final RegistryRepository registry;
  private final Consumer<Runnable> afterCommit;

  BoundAgents(AgentStore agents, RegistryRepository registry, Consumer<Runnable> afterCommit) {
    this.agents = agents;
    this.registry = registry;
    this.afterCommit = afterCommit;
  }

  @Override
  public Versioned<Agent> save(Agent agent, SaveOptions options) {
    StoredAgent stored = RegistryRepository.save(agents, agent, options);
    afterCommit.accept(() -> registry.committed(stored));
    return RegistryRepository.versioned(stored);
  }

  @Override
  public Optional<Versioned<Agent>> find(AgentId agent) {
    return agents.find(agent.requireRegistered("agents")).map(RegistryRepository::versioned);
  }

  @Override
  public List<Versioned<Agent>> find(AgentQuery query) {
    return RegistryRepository.versioned(agents.find(CanonicalMaps.of(query)));
  }
}
