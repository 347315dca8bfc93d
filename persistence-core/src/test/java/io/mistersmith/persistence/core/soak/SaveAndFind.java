package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.repository.StateRepository;

/** Saves, and reads what was saved at once: a replica may not have it yet. */
record SaveAndFind(Space space) implements Operation {

  @Override
  public void run(Actor actor) {
    StateKey key = actor.key(space);
    StateRepository<String> states = actor.repository(space);
    actor
        .save(space, key, Effect.SAVE, value -> states.save(key, value))
        .ifPresent(saved -> actor.read(key, states::find));
  }
}
