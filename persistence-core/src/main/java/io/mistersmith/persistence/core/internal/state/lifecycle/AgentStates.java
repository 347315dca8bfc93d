package io.mistersmith.persistence.core.internal.state.lifecycle;

import io.mistersmith.persistence.agent.LifecycleState;
import io.mistersmith.persistence.core.internal.state.tier.AgentUse;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The lifecycle states of the agents that are not cold. Thread-safe and bounded: beyond the
 * capacity it drops the agents that were idle for longest, a tenth at a time, so that the search
 * for them is rare.
 *
 * <p>A use of an agent that is active costs a look into the map and the time, without a lock or an
 * allocation. An agent that became cold is removed from the map under its monitor. A thread that
 * still holds it finds it forgotten and begins a new one; the events of the old one precede those
 * of the new one.
 */
public final class AgentStates implements AgentUse {

  private static final int LEAVING_PART = 10;

  private final ConcurrentHashMap<AgentId, TrackedAgent> tracked = new ConcurrentHashMap<>();
  private final AtomicBoolean makingRoom = new AtomicBoolean();
  private final int capacity;
  private final long idleMillis;
  private final Clock clock;
  private final PersistenceListener listener;
  private volatile boolean closed;

  /** Tracks at most {@code capacity} agents, each until it has not been used for {@code idle}. */
  public AgentStates(int capacity, Duration idle, Clock clock, PersistenceListener listener) {
    this.capacity = capacity;
    this.idleMillis = Math.max(1, idle.toMillis());
    this.clock = clock;
    this.listener = listener;
  }

  /** The agent's state now. */
  public LifecycleState state(AgentId agent) {
    TrackedAgent found = tracked.get(agent);
    return found == null ? LifecycleState.COLD : found.state();
  }

  /** Returns the number of agents that are not cold. */
  public int size() {
    return tracked.size();
  }

  @Override
  public void wrote(AgentId agent) {
    TrackedAgent found = tracked.get(agent);
    if (found == null || !found.touch()) {
      change(agent, it -> it.use(LifecycleState.Cause.WRITE));
    }
  }

  @Override
  public void read(AgentId agent) {
    TrackedAgent found = tracked.get(agent);
    if (found == null || !found.touch()) {
      change(agent, it -> it.use(LifecycleState.Cause.READ));
    }
  }

  @Override
  public boolean hydrating(AgentId agent) {
    return apply(agent, TrackedAgent::readHydrates);
  }

  @Override
  public void hydrated(AgentId agent, boolean done) {
    change(
        agent,
        it ->
            it.endHydration(
                done, done ? LifecycleState.Cause.READ : LifecycleState.Cause.HYDRATION_FAILED));
  }

  /** A hydration of all its entries begins. */
  void beginHydration(AgentId agent) {
    change(agent, it -> it.beginHydration(LifecycleState.Cause.HYDRATION));
  }

  /** The end of what {@link #beginHydration} began. */
  void endHydration(AgentId agent, boolean done) {
    change(
        agent,
        it ->
            it.endHydration(
                done,
                done ? LifecycleState.Cause.HYDRATION : LifecycleState.Cause.HYDRATION_FAILED));
  }

  /** A flush of all its entries begins. */
  void beginFlush(AgentId agent) {
    change(agent, TrackedAgent::beginFlush);
  }

  /** The end of what {@link #beginFlush} began. */
  void endFlush(AgentId agent, boolean done) {
    change(agent, it -> it.endFlush(done));
  }

  /** Moves what is idle one step towards cold; to be called now and then. */
  public void sweep() {
    long before = clock.millis() - idleMillis;
    for (TrackedAgent agent : tracked.values()) {
      boolean idle = agent.state() == LifecycleState.ACTIVE && agent.usedAt() <= before;
      if (idle || agent.state() == LifecycleState.EXPIRED) {
        leave(agent, it -> it.age(before));
      }
    }
    makeRoom(null);
  }

  /** Lets all become cold, those that something is under way for once that is over. */
  public void close() {
    closed = true;
    tracked.values().forEach(agent -> leave(agent, it -> it.leave(LifecycleState.Cause.CLOSED)));
  }

  private void change(AgentId agent, Consumer<TrackedAgent> change) {
    boolean unused =
        apply(
            agent,
            it -> {
              change.accept(it);
              return true;
            });
  }

  private boolean apply(AgentId agent, Function<TrackedAgent, Boolean> change) {
    while (true) {
      TrackedAgent found =
          tracked.computeIfAbsent(agent, name -> new TrackedAgent(name, clock, listener));
      boolean result;
      synchronized (found) {
        if (found.isForgotten()) {
          continue;
        }
        try {
          result = change.apply(found);
        } finally {
          if (closed) {
            found.leave(LifecycleState.Cause.CLOSED);
          }
          forgetIfCold(found);
        }
      }
      makeRoom(agent);
      return result;
    }
  }

  private void leave(TrackedAgent agent, Consumer<TrackedAgent> change) {
    synchronized (agent) {
      if (!agent.isForgotten()) {
        change.accept(agent);
        forgetIfCold(agent);
      }
    }
  }

  private void forgetIfCold(TrackedAgent agent) {
    if (agent.forgetIfCold()) {
      tracked.remove(agent.name(), agent);
    }
  }

  private void makeRoom(@Nullable AgentId keep) {
    // Read once: others forget agents at the same time.
    int excess = tracked.size() - capacity;
    if (excess <= 0 || !makingRoom.compareAndSet(false, true)) {
      return;
    }
    try {
      int tooMany = excess + capacity / LEAVING_PART;
      leastRecentlyUsed(keep, tooMany)
          .forEach(agent -> leave(agent, it -> it.leave(LifecycleState.Cause.NO_ROOM)));
    } finally {
      makingRoom.set(false);
    }
  }

  private List<TrackedAgent> leastRecentlyUsed(@Nullable AgentId keep, int number) {
    record Seen(TrackedAgent agent, long usedAt) {}
    return tracked.values().stream()
        .filter(agent -> !agent.name().equals(keep))
        .filter(
            agent ->
                agent.state() == LifecycleState.ACTIVE || agent.state() == LifecycleState.EXPIRED)
        .map(agent -> new Seen(agent, agent.usedAt()))
        .sorted(Comparator.comparingLong(Seen::usedAt))
        .limit(number)
        .map(Seen::agent)
        .toList();
  }
}
