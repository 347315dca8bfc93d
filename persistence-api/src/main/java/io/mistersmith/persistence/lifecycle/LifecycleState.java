package io.mistersmith.persistence.lifecycle;

import java.util.EnumSet;
import java.util.Set;

/**
 * Where an agent's state stands, as one process sees it.
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
  /** Somebody waits until all of its writes are in PostgreSQL; reads and writes go on. */
  FLUSHING,
  /** Nobody here used it for the time to live: what is flushed may leave KV at any time. */
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
}
