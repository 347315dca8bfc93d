package io.mistersmith.persistence.lifecycle;

/** Why an agent's lifecycle state changed. */
public enum LifecycleCause {
  /** An entry was written or deleted. */
  WRITE,
  /** An entry was read, which may have hydrated it. */
  READ,
  /** All entries were hydrated. */
  HYDRATION,
  /** A hydration failed; its caller has the reason. */
  HYDRATION_FAILED,
  /** The agent was flushed. */
  FLUSH,
  /** A flush failed, or was not done in time; what was not flushed is still to be flushed. */
  FLUSH_FAILED,
  /** Nobody used the agent's state for the time to live. */
  IDLE,
  /** More agents were in use than are tracked, and this one had been idle for longest. */
  NO_ROOM,
  /** The runtime was closed: this process remembers nothing of the agent any more. */
  CLOSED
}
