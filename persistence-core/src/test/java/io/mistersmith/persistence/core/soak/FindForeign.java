package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Floors.Floor;
import io.mistersmith.persistence.core.soak.Floors.Presence;
import io.mistersmith.persistence.model.StateKey;

/**
 * A read of a key that another actor writes, and brings into KV what that one may be writing just
 * now. Whether the entry is there is not for this one to say.
 */
final class FindForeign implements Operation {

  @Override
  public void run(Actor actor) {
    StateKey key = StateKey.of(actor.anyOwner(), "k" + actor.random().nextInt(60));
    Floor floor = new Floor(actor.floors().of(key).revision(), Presence.UNKNOWN);
    actor.tolerate(() -> actor.judge(key, floor, actor.repository(Space.OWNED).find(key)));
  }
}
