package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.core.soak.Floors.Presence;
import io.mistersmith.persistence.model.StateKey;
import java.util.List;

/** A list of the actor's keys: what it has saved is in it, and what it has deleted is not. */
final class ListKeys implements Operation {

  @Override
  public void run(Actor actor) {
    actor.tolerate(
        () -> {
          List<StateKey> listed = actor.repository(Space.OWNED).keys(actor.owner(), "k");
          for (int i = 0; i < 20; i++) {
            StateKey key = StateKey.of(actor.owner(), "k" + i);
            Presence presence = actor.floors().of(key).presence();
            if (presence == Presence.CERTAIN && !listed.contains(key)) {
              actor
                  .ledgerWriter()
                  .seen(new Fault(Kind.STALE_OWN_READS, key + ": saved, not listed"));
            }
          }
        });
  }
}
