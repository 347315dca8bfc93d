package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Orders agents for registration. */
final class AgentLineage {

  private AgentLineage() {}

  /** The agents, each behind its parent where that is among them; else in the order given. */
  static List<Agent> parentsFirst(Collection<Agent> agents) {
    Map<AgentId, Agent> byId = new LinkedHashMap<>();
    agents.forEach(agent -> byId.put(agent.id(), agent));
    Set<AgentId> placed = new HashSet<>();
    List<Agent> ordered = new ArrayList<>(agents.size());
    for (Agent agent : byId.values()) {
      Deque<Agent> line = new ArrayDeque<>();
      Agent next = agent;
      while (next != null && placed.add(next.id())) {
        line.push(next);
        next = next.parent().map(byId::get).orElse(null);
      }
      ordered.addAll(line);
    }
    return ordered;
  }
}
