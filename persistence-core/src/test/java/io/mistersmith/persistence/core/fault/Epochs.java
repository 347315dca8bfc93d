package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.monitor.PersistenceListener;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Notes why epochs of agent state were started. */
final class Epochs implements PersistenceListener {

  private final Queue<String> reasons = new ConcurrentLinkedQueue<>();

  @Override
  public void onEpochStarted(String bucket, long epoch, String reason) {
    if (bucket.endsWith("AGENT_STATE")) {
      reasons.add(reason);
    }
  }

  List<String> reasons() {
    return List.copyOf(reasons);
  }
}
