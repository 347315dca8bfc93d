package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;

/** Saves, and reads what was saved at once, some times: a replica may not have it yet. */
record SaveAndFind(Space space) implements Operation {

  private static final int TIMES = 10;

  @Override
  public void run(Actor actor) {
    for (int i = 0; i < TIMES; i++) {
      once(actor);
    }
  }

  private void once(Actor actor) {
    StateKey key = actor.key(space);
    StateRepository<String> states = actor.repository(space);
    actor
        .save(space, key, Effect.SAVE, value -> states.save(key, value))
        .ifPresent(saved -> actor.read(key, states::find));
  }
}
