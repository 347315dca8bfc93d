package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Floors.Floor;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** A delete of whatever is there. */
record Delete(Space space) implements Operation {

  @Override
  public void run(Actor actor) {
    StateKey key = actor.key(space);
    String write = actor.newWrite();
    Floor before = actor.intend(write, space, key, Effect.DELETE);
    try {
      if (actor.random().nextBoolean()) {
        actor.repository(space).delete(key);
      } else {
        actor.repository(space).deleteAsync(key).join();
      }
      actor.deleted(write, space, key, Optional.empty());
    } catch (PersistenceException | CompletionException e) {
      actor.failed(write, key, before, e);
    }
  }
}
