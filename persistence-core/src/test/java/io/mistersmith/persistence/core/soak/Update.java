package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.StateKey;

/** A change of what is there. */
record Update(Space space) implements Operation {

  @Override
  public void run(Actor actor) {
    StateKey key = actor.key(space);
    actor.save(
        space, key, Effect.SAVE, value -> actor.repository(space).update(key, present -> value));
  }
}
