package io.mistersmith.persistence.core.internal.checkpoint;

import io.mistersmith.persistence.lifecycle.Checkpoint;
import io.mistersmith.persistence.lifecycle.LifecycleEvent;
import java.util.UUID;

/**
 * What is to be restored, and to whom.
 *
 * @param checkpoint the checkpoint
 * @param agent whose state it becomes
 * @param mayReplace whether that agent may have entries
 * @param eventType what to record it as
 */
record Restoration(Checkpoint checkpoint, UUID agent, boolean mayReplace, String eventType) {

  static Restoration of(Checkpoint checkpoint) {
    return new Restoration(
        checkpoint, checkpoint.agent(), true, LifecycleEvent.CHECKPOINT_RESTORED);
  }

  static Restoration fork(Checkpoint checkpoint, UUID agent, boolean mayReplace) {
    return new Restoration(checkpoint, agent, mayReplace, LifecycleEvent.CHECKPOINT_FORKED);
  }

  /** For messages. */
  @Override
  public String toString() {
    return "checkpoint "
        + checkpoint.id()
        + " of agent "
        + checkpoint.agent()
        + (agent.equals(checkpoint.agent()) ? " to be restored" : " to be given to agent " + agent);
  }
}
