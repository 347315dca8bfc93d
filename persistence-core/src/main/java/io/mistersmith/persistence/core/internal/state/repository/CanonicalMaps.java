package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.core.internal.codec.CanonicalObject;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import java.util.Map;

/** Brings an agent's maps into the one form in which every store gives them back. */
final class CanonicalMaps {

  private CanonicalMaps() {}

  /**
   * The agent with its maps in that form.
   *
   * @throws NonTransientPersistenceException {@code SERIALIZATION_ERROR} when one of them holds
   *     what cannot be kept
   */
  static Agent of(Agent agent) {
    return agent
        .withCapabilities(of(agent, "capabilities", agent.capabilities()))
        .withConfiguration(of(agent, "configuration", agent.configuration()))
        .withMetadata(of(agent, "metadata", agent.metadata()));
  }

  /**
   * The query with its capabilities in that form.
   *
   * @throws NonTransientPersistenceException {@code SERIALIZATION_ERROR} when no agent can have
   *     them
   */
  static AgentQuery of(AgentQuery query) {
    return query.withCapabilities(
        CanonicalObject.of("query of agents", "capabilities", query.capabilities()));
  }

  private static Map<String, Object> of(Agent agent, String field, Map<String, Object> map) {
    return CanonicalObject.of("agent " + agent.id(), field, map);
  }
}
