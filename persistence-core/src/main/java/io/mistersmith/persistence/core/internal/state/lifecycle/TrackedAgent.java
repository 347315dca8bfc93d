package io.mistersmith.persistence.core.internal.state.lifecycle;

import io.mistersmith.persistence.agent.LifecycleState;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Clock;

/**
 * The machine of one agent that is not cold.
 *
 * <p>What goes on (hydrations, flushes, use) is counted, and the state follows from it: while a
 * hydration and a flush overlap, the one that began first is shown, and the other one once that is
 * over. Every method but {@link #state}, {@link #touch} and {@link #usedAt} is called with the
 * monitor of this object held, under which the listener is notified as well, so that it hears of
 * one agent's changes in order.
 */
final class TrackedAgent {

  private static final VarHandle USED_AT = usedAtHandle();

  private final AgentId name;
  private final Clock clock;
  private final PersistenceListener listener;
  private volatile LifecycleState state = LifecycleState.COLD;

  /** Whether a use needs to leave no more than its time: read without the monitor. */
  private volatile boolean warm;

  @SuppressWarnings("unused") // by its handle, which writes it without a fence
  private long usedAt;

  private long usedAtExpiry;
  private boolean inUse;
  private int hydrations;
  private int flushes;
  private boolean forgotten;

  TrackedAgent(AgentId name, Clock clock, PersistenceListener listener) {
    this.name = name;
    this.clock = clock;
    this.listener = listener;
    USED_AT.setOpaque(this, clock.millis());
  }

  AgentId name() {
    return name;
  }

  LifecycleState state() {
    return state;
  }

  long usedAt() {
    return (long) USED_AT.getOpaque(this);
  }

  /** Notes a use by its time alone; false when it must be noted by {@link #use}. */
  boolean touch() {
    if (!warm) {
      return false;
    }
    USED_AT.setOpaque(this, clock.millis());
    return true;
  }

  /** Whether it is cold for good, and another one is used for the agent. */
  boolean isForgotten() {
    return forgotten;
  }

  void use(LifecycleState.Cause cause) {
    wake(cause);
    if (state == LifecycleState.COLD) {
      become(LifecycleState.ACTIVE, cause);
    }
    setInUse(true);
  }

  /** A read needs no hydration to be shown where the agent is in use. */
  boolean readHydrates() {
    if (inUse) {
      use(LifecycleState.Cause.READ);
      return false;
    }
    beginHydration(LifecycleState.Cause.READ);
    return true;
  }

  void beginHydration(LifecycleState.Cause cause) {
    wake(cause);
    hydrations++;
    if (state != LifecycleState.FLUSHING && state != LifecycleState.HYDRATING) {
      become(LifecycleState.HYDRATING, cause);
    }
  }

  void endHydration(boolean done, LifecycleState.Cause cause) {
    hydrations--;
    if (done) {
      setInUse(true);
    }
    if (hydrations == 0 && state == LifecycleState.HYDRATING) {
      become(inUse ? LifecycleState.ACTIVE : LifecycleState.COLD, cause);
      if (flushes > 0) {
        become(LifecycleState.FLUSHING, LifecycleState.Cause.FLUSH);
      }
    }
  }

  void beginFlush() {
    use(LifecycleState.Cause.FLUSH);
    flushes++;
    if (state == LifecycleState.ACTIVE) {
      become(LifecycleState.FLUSHING, LifecycleState.Cause.FLUSH);
    }
  }

  void endFlush(boolean done) {
    flushes--;
    setInUse(true);
    if (flushes == 0 && state == LifecycleState.FLUSHING) {
      become(
          LifecycleState.ACTIVE,
          done ? LifecycleState.Cause.FLUSH : LifecycleState.Cause.FLUSH_FAILED);
      if (hydrations > 0) {
        become(LifecycleState.HYDRATING, LifecycleState.Cause.HYDRATION);
      }
    }
  }

  /**
   * Lets an active agent that was not used since {@code before} expire, and an expired one become
   * cold. An expired one that was read meanwhile is then in use again.
   */
  void age(long before) {
    if (state == LifecycleState.ACTIVE && usedAt() <= before) {
      expire(LifecycleState.Cause.IDLE);
    } else if (state == LifecycleState.EXPIRED) {
      boolean usedMeanwhile = usedAt() != usedAtExpiry;
      become(LifecycleState.COLD, LifecycleState.Cause.IDLE);
      if (usedMeanwhile) {
        use(LifecycleState.Cause.READ);
      }
    }
  }

  /** All steps on the way out, unless something is under way. */
  void leave(LifecycleState.Cause cause) {
    if (state == LifecycleState.ACTIVE) {
      expire(cause);
    }
    if (state == LifecycleState.EXPIRED) {
      become(LifecycleState.COLD, cause);
    }
  }

  /** Takes it out of use for good if it is cold. */
  boolean forgetIfCold() {
    forgotten = state == LifecycleState.COLD;
    return forgotten;
  }

  private void expire(LifecycleState.Cause cause) {
    setInUse(false);
    usedAtExpiry = usedAt();
    become(LifecycleState.EXPIRED, cause);
  }

  private void wake(LifecycleState.Cause cause) {
    USED_AT.setOpaque(this, clock.millis());
    if (state == LifecycleState.EXPIRED) {
      become(LifecycleState.COLD, cause);
    }
  }

  private void setInUse(boolean now) {
    inUse = now;
    warm = now;
    if (now) {
      USED_AT.setOpaque(this, clock.millis());
    }
  }

  private void become(LifecycleState next, LifecycleState.Cause cause) {
    PersistenceEvent.LifecycleChanged change =
        new PersistenceEvent.LifecycleChanged(name, state, next, clock.instant(), cause);
    state = next;
    listener.on(change);
  }

  private static VarHandle usedAtHandle() {
    try {
      return MethodHandles.lookup().findVarHandle(TrackedAgent.class, "usedAt", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
