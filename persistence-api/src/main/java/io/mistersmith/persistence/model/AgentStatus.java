package io.mistersmith.persistence.model;

/** The status of an agent in its registry (seed section 9.1, {@code agent_status_type}). */
public enum AgentStatus {
  /** Created, not yet able to work. */
  INITIALIZING,
  /** Working. */
  ACTIVE,
  /** Able to work, with nothing to do. */
  IDLE,
  /** Held back by an operator or a policy. */
  SUSPENDED,
  /** Ended for good. */
  TERMINATED,
  /** Stopped by a fault. */
  ERROR
}
