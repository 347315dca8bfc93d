package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Floors.Floor;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;

/** Saves an agent under another name, or reads it. */
final class SaveAgent implements Operation {

  @Override
  public void run(Actor actor) {
    StateKey key = actor.key(Space.REGISTRY);
    if (actor.random().nextBoolean()) {
      actor.read(
          key,
          unused -> actor.persistence().agents().find(actor.savedAgent()).map(SaveAgent::named));
      return;
    }
    String write = actor.newWrite();
    Floor before = actor.intend(write, Space.REGISTRY, key, Effect.SAVE);
    try {
      Agent agent = Agent.of(actor.savedAgent(), "soak", write);
      Versioned<Agent> saved = actor.persistence().agents().save(agent);
      actor.saved(write, Space.REGISTRY, key, Effect.SAVE, named(saved));
    } catch (PersistenceException e) {
      actor.failed(write, key, before, e);
    }
  }

  private static Versioned<String> named(Versioned<Agent> agent) {
    return agent.map(Agent::name);
  }
}
