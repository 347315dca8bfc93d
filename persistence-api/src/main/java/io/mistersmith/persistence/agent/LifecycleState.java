package io.mistersmith.persistence.agent;

import java.util.EnumSet;
import java.util.Set;

/**
 * The degree to which one process has loaded an agent's state.
 *
 * <pre>
 *            hydrate              flush
 *   COLD ──────────────▶ HYDRATING     FLUSHING
 *    ▲ ▲ ◀─── failed ──────┘  │ ▲       │  ▲
 *    │ └──write, read──┐      ▼ │       ▼  │
 *    │                 └────▶  ACTIVE ──────┘
 *    └──────── EXPIRED ◀─ idle ─┘
 * </pre>
 */
public enum LifecycleState {
  /** This process has neither written nor read the agent's state lately, and remembers nothing. */
  COLD,
  /** Its entries are being brought from PostgreSQL into KV. */
  HYDRATING,
  /** Its entries are in use, in KV. */
  ACTIVE,
  /** A caller waits until all of its writes are in PostgreSQL; reads and writes go on. */
  FLUSHING,
  /**
   * It was not used in this process for the time to live: flushed entries may leave KV at any time.
   */
  EXPIRED;

  /** The states that may follow this one. */
  public Set<LifecycleState> next() {
    return switch (this) {
      case COLD -> EnumSet.of(HYDRATING, ACTIVE);
      case HYDRATING -> EnumSet.of(ACTIVE, COLD);
      case ACTIVE -> EnumSet.of(HYDRATING, FLUSHING, EXPIRED);
      case FLUSHING -> EnumSet.of(ACTIVE);
      case EXPIRED -> EnumSet.of(COLD);
    };
  }

  /** Whether {@code other} may follow this state. No state follows itself. */
  public boolean canBecome(LifecycleState other) {
    return next().contains(other);
  }

  /** The cause of a change of an agent's lifecycle state. */
  public enum Cause {
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
    /** A flush failed, or was not done in time; the remaining entries are still to be flushed. */
    FLUSH_FAILED,
    /** The agent's state was not used for the time to live. */
    IDLE,
    /** More agents were in use than are tracked, and this one had been idle for longest. */
    NO_ROOM,
    /** The runtime was closed: this process remembers nothing of the agent any more. */
    CLOSED
  }
}
