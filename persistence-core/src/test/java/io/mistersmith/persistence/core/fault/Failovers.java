package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Notes the promotions that a runtime has seen, and when. Thread-safe. */
final class Failovers implements PersistenceListener {

  /** A promotion, and when its event came. */
  record Seen(PersistenceEvent.PrimaryChanged change, Instant at) {}

  private final Queue<Seen> seen = new ConcurrentLinkedQueue<>();

  @Override
  public void on(PersistenceEvent event) {
    if (event instanceof PersistenceEvent.PrimaryChanged change) {
      seen.add(new Seen(change, Instant.now()));
    }
  }

  List<Seen> seen() {
    return List.copyOf(seen);
  }
}
