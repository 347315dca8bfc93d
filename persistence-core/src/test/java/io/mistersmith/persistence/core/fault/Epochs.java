package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Notes why epochs of agent state were started. */
final class Epochs implements PersistenceListener {

  private final Queue<String> reasons = new ConcurrentLinkedQueue<>();

  @Override
  public void on(PersistenceEvent event) {
    if (event instanceof PersistenceEvent.EpochStarted started) {
      if (started.bucket().endsWith("AGENT_STATE")) {
        reasons.add(started.reason());
      }
    }
  }

  List<String> reasons() {
    return List.copyOf(reasons);
  }
}
