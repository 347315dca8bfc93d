package io.mistersmith.persistence.testkit.contract;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The common part of the contracts about checkpoints. */
abstract class CheckpointTests extends PersistenceContract {

  static final CheckpointOptions FULL = CheckpointOptions.full().withDeadline(SOON);
  static final CheckpointOptions CHANGES = CheckpointOptions.changes().withDeadline(SOON);

  final Checkpoints checkpoints() {
    return persistence().checkpoints();
  }

  final Map<String, Object> state(AgentId agent) {
    Map<String, Object> state = new TreeMap<>();
    for (StateKey key : states().keys(agent, "")) {
      state.put(key.key(), find(key).value());
    }
    return state;
  }

  final List<String> events() {
    return persistence().lifecycleEvents().list(agent(), 20).stream()
        .map(LifecycleEvent::type)
        .toList();
  }

  final Map<String, Object> values(Checkpoint checkpoint) {
    Map<String, Object> values = new TreeMap<>();
    checkpoints()
        .read(checkpoint.id(), Object.class)
        .forEach((key, version) -> values.put(key.key(), version.value()));
    return values;
  }
}
