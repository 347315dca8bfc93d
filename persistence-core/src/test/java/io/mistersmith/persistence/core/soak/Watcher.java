package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.repository.StateChangeEvent;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Watches what all write: the changes of a key come in their order. */
final class Watcher {

  private final Scribe scribe;
  private final Map<StateKey, Revision> latest = new ConcurrentHashMap<>();

  private Watcher(Scribe scribe) {
    this.scribe = scribe;
  }

  static AutoCloseable start(Persistence persistence, Scribe scribe) {
    Watcher watcher = new Watcher(scribe);
    return persistence.states(Object.class).watch(World.SHARED.toString(), watcher::changed);
  }

  private void changed(StateChangeEvent<Object> event) {
    Troublemaker.makeTrouble();
    Revision last = latest.put(event.key(), event.revision());
    if (last != null && last.isAfter(event.revision())) {
      scribe.seen(
          new Fault(
              Kind.BACKWARD, event.key() + ": a watch saw " + event.revision() + " after " + last));
    }
  }
}
