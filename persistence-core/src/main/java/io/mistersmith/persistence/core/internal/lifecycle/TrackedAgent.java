package io.mistersmith.persistence.core.internal.lifecycle;

import io.mistersmith.persistence.lifecycle.LifecycleCause;
import io.mistersmith.persistence.lifecycle.LifecycleChange;
import io.mistersmith.persistence.lifecycle.LifecycleState;
import io.mistersmith.persistence.monitor.PersistenceListener;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Clock;

/**
 * The machine of one agent that is not cold.
 *
 * <p>What goes on (hydrations, flushes, use) is counted, and the state follows from it: while a
 * hydration and a flush overlap, the one that began first is shown, and the other one once that is
 * over. Every method but {@link #state}, {@link #touch} and {@link #usedAt} is called with the
 * monitor of this object held, under which the listener is told as well, so that it hears of one
 * agent's changes in order.
 */
final class TrackedAgent {

  private static final VarHandle USED_AT = usedAtHandle();

  private final String name;
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

  TrackedAgent(String name, Clock clock, PersistenceListener listener) {
    this.name = name;
    this.clock = clock;
    this.listener = listener;
    USED_AT.setOpaque(this, clock.millis());
  }

  String name() {
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

  /** Whether it is cold for good, and another one stands for the agent. */
  boolean isForgotten() {
    return forgotten;
  }

  void use(LifecycleCause cause) {
    wake(cause);
    if (state == LifecycleState.COLD) {
      become(LifecycleState.ACTIVE, cause);
    }
    setInUse(true);
  }

  /** A read needs no hydration to be shown where the agent is in use. */
  boolean readHydrates() {
    if (inUse) {
      use(LifecycleCause.READ);
      return false;
    }
    beginHydration(LifecycleCause.READ);
    return true;
  }

  void beginHydration(LifecycleCause cause) {
    wake(cause);
    hydrations++;
    if (state != LifecycleState.FLUSHING && state != LifecycleState.HYDRATING) {
      become(LifecycleState.HYDRATING, cause);
    }
  }

  void endHydration(boolean done, LifecycleCause cause) {
    hydrations--;
    if (done) {
      setInUse(true);
    }
    if (hydrations == 0 && state == LifecycleState.HYDRATING) {
      become(inUse ? LifecycleState.ACTIVE : LifecycleState.COLD, cause);
      if (flushes > 0) {
        become(LifecycleState.FLUSHING, LifecycleCause.FLUSH);
      }
    }
  }

  void beginFlush() {
    use(LifecycleCause.FLUSH);
    flushes++;
    if (state == LifecycleState.ACTIVE) {
      become(LifecycleState.FLUSHING, LifecycleCause.FLUSH);
    }
  }

  void endFlush(boolean done) {
    flushes--;
    setInUse(true);
    if (flushes == 0 && state == LifecycleState.FLUSHING) {
      become(LifecycleState.ACTIVE, done ? LifecycleCause.FLUSH : LifecycleCause.FLUSH_FAILED);
      if (hydrations > 0) {
        become(LifecycleState.HYDRATING, LifecycleCause.HYDRATION);
      }
    }
  }

  /** One step on the way out, where nobody used it since {@code before}. */
  void age(long before) {
    if (state == LifecycleState.ACTIVE && usedAt() <= before) {
      expire(LifecycleCause.IDLE);
    } else if (state == LifecycleState.EXPIRED) {
      boolean usedMeanwhile = usedAt() != usedAtExpiry;
      become(LifecycleState.COLD, LifecycleCause.IDLE);
      if (usedMeanwhile) {
        use(LifecycleCause.READ);
      }
    }
  }

  /** All steps on the way out, unless something is under way. */
  void leave(LifecycleCause cause) {
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

  private void expire(LifecycleCause cause) {
    setInUse(false);
    usedAtExpiry = usedAt();
    become(LifecycleState.EXPIRED, cause);
  }

  private void wake(LifecycleCause cause) {
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

  private void become(LifecycleState next, LifecycleCause cause) {
    LifecycleChange change = new LifecycleChange(name, state, next, clock.instant(), cause);
    state = next;
    listener.onLifecycle(change);
  }

  private static VarHandle usedAtHandle() {
    try {
      return MethodHandles.lookup().findVarHandle(TrackedAgent.class, "usedAt", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
