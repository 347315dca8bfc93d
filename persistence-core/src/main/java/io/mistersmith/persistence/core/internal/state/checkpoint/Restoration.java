package io.mistersmith.persistence.core.internal.state.checkpoint;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.model.AgentId;

/**
 * The checkpoint to restore, and the agent to restore it to.
 *
 * @param checkpoint the checkpoint
 * @param agent the agent whose state it becomes
 * @param mayReplace whether that agent may have entries
 * @param eventType the type of the event that records it
 */
record Restoration(Checkpoint checkpoint, AgentId agent, boolean mayReplace, String eventType) {

  static Restoration of(Checkpoint checkpoint) {
    return new Restoration(
        checkpoint, checkpoint.agent(), true, LifecycleEvent.CHECKPOINT_RESTORED);
  }

  static Restoration fork(Checkpoint checkpoint, AgentId agent, boolean mayReplace) {
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
