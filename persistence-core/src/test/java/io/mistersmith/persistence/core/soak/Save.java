package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;

/** A save. */
record Save(Space space, SaveOptions options) implements Operation {

  @Override
  public void run(Actor actor) {
    StateKey key = actor.key(space);
    Effect effect = options.timeToLive().isPresent() ? Effect.EXPIRE : Effect.SAVE;
    actor
        .save(space, key, effect, value -> actor.repository(space).save(key, value, options))
        .filter(saved -> options.durability() == Durability.SQL_COMMITTED)
        .ifPresent(saved -> actor.durable(key, saved.revision()));
  }
}
