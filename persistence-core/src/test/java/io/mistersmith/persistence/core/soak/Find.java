package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;

/** A read, every other time without waiting at first. */
record Find(Space space) implements Operation {

  @Override
  public void run(Actor actor) {
    StateKey key = actor.key(space);
    StateRepository<String> states = actor.repository(space);
    if (actor.random().nextBoolean()) {
      actor.read(key, states::find);
    } else {
      actor.read(key, wanted -> states.findAsync(wanted).join());
    }
  }
}
