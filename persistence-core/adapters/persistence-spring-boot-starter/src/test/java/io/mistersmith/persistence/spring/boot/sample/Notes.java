package io.mistersmith.persistence.spring.boot.sample;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import org.springframework.stereotype.Component;

/** Keeps a note for each agent. */
@Component
public class Notes {

  private final Persistence persistence;

  Notes(Persistence persistence) {
    this.persistence = persistence;
  }

  /** Registers an agent, and keeps its first note. */
  public AgentId register(String name, String note) {
    AgentId agent = persistence.agents().save(Agent.of("writer", name)).value().id();
    persistence.states(String.class).save(StateKey.of(agent, "note"), note);
    return agent;
  }

  /** Returns the note of an agent. */
  public String read(AgentId agent) {
    return persistence.states(String.class).find(StateKey.of(agent, "note")).orElseThrow().value();
  }
}
