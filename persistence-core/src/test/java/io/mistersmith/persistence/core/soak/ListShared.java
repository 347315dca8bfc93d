package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.core.soak.Floors.Presence;
import io.mistersmith.persistence.model.StateKey;
import java.util.List;

/**
 * A list of keys of an agent that all write: while the others overwrite its entries, it contains
 * what this actor has saved, and nothing that this actor has deleted.
 */
final class ListShared implements Operation {

  @Override
  public void run(Actor actor) {
    actor.tolerate(
        () -> {
          List<StateKey> listed = actor.repository(Space.MEMBER).keys(World.SHARED, "");
          for (StateKey key : actor.members()) {
            Presence presence = actor.floors().of(key).presence();
            if (presence == Presence.CERTAIN && !listed.contains(key)) {
              actor
                  .ledgerWriter()
                  .seen(new Fault(Kind.STALE_OWN_READS, key + ": saved, not listed"));
            }
            if (presence == Presence.NONE && listed.contains(key)) {
              actor
                  .ledgerWriter()
                  .seen(new Fault(Kind.STALE_OWN_READS, key + ": deleted, yet listed"));
            }
          }
        });
  }
}
