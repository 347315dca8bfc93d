package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateRepository.StateChangeEvent;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Watches what all write: the changes of a key come in their order. */
final class Watcher {

  private final LedgerWriter ledgerWriter;
  private final Map<StateKey, Revision> latest = new ConcurrentHashMap<>();

  private Watcher(LedgerWriter ledgerWriter) {
    this.ledgerWriter = ledgerWriter;
  }

  static StateRepository.Watch start(Persistence persistence, LedgerWriter ledgerWriter) {
    Watcher watcher = new Watcher(ledgerWriter);
    return persistence.states(Object.class).watch(World.SHARED, watcher::changed);
  }

  private void changed(StateChangeEvent<Object> event) {
    FaultyCallbacks.makeTrouble();
    Revision last = latest.put(event.key(), event.revision());
    if (last != null && last.isAfter(event.revision())) {
      ledgerWriter.seen(
          new Fault(
              Kind.BACKWARD, event.key() + ": a watch saw " + event.revision() + " after " + last));
    }
  }
}
