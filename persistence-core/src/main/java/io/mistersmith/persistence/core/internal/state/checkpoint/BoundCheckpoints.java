package io.mistersmith.persistence.core.internal.state.checkpoint;

import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.checkpoint.ForkOptions;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The checkpoints in a transaction, without what writes to KV. */
final class BoundCheckpoints implements Checkpoints {

  private final StoredCheckpoints bound;

  BoundCheckpoints(StoredCheckpoints bound) {
    this.bound = bound;
  }

  @Override
  public Checkpoint create(AgentId agent, CheckpointOptions options) {
    return bound.create(agent, options);
  }

  @Override
  public List<Checkpoint> list(AgentId agent) {
    return bound.list(agent);
  }

  @Override
  public Optional<Checkpoint> find(UUID checkpoint) {
    return bound.find(checkpoint);
  }

  @Override
  public Optional<Checkpoint> find(AgentId agent, String name) {
    return bound.find(agent, name);
  }

  @Override
  public <T> Map<StateKey, Versioned<T>> read(UUID checkpoint, StateType<T> type) {
    return bound.read(checkpoint, type);
  }

  @Override
  public Restored restore(UUID checkpoint, Duration deadline) {
    throw writesToKv("restore");
  }

  @Override
  public Restored fork(UUID checkpoint, AgentId toAgent, ForkOptions options) {
    throw writesToKv("fork");
  }

  @Override
  public boolean delete(UUID checkpoint) {
    return bound.delete(checkpoint);
  }

  @Override
  public Pruned prune(AgentId agent, PruneRule rule) {
    return bound.prune(agent, rule);
  }

  private static IllegalStateException writesToKv(String call) {
    return new IllegalStateException(
        call
            + " writes to KV, which no transaction can take back; call it on"
            + " Persistence.checkpoints() after the commit");
  }
}
