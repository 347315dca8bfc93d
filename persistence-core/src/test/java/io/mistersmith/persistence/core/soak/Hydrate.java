package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.AgentId;

/** Brings all of an agent's entries into KV. */
final class Hydrate implements Operation {

  @Override
  public void run(Actor actor) {
    AgentId agent = actor.random().nextBoolean() ? actor.anyOwner() : World.SHARED;
    actor.tolerate(
        () -> {
          int unused = actor.persistence().lifecycle().hydrate(agent).brought();
        });
  }
}
