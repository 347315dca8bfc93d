package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Floors.Floor;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import java.util.Optional;

/** A delete of what was read. */
record DeleteAtRevision(Space space) implements Operation {

  @Override
  public void run(Actor actor) {
    StateKey key = actor.key(space);
    actor
        .read(key, actor.repository(space)::find)
        .map(Versioned::revision)
        .ifPresent(revision -> delete(actor, key, revision));
  }

  private void delete(Actor actor, StateKey key, Revision revision) {
    String write = actor.newWrite();
    Floor before = actor.intend(write, space, key, Effect.DELETE);
    try {
      actor.repository(space).delete(key, revision);
      actor.deleted(write, space, key, Optional.empty());
    } catch (PersistenceException e) {
      actor.failed(write, key, before, e);
    }
  }
}
