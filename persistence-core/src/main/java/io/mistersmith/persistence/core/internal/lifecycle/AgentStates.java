package io.mistersmith.persistence.core.internal.lifecycle;

import io.mistersmith.persistence.core.internal.routing.AgentUse;
import io.mistersmith.persistence.lifecycle.LifecycleCause;
import io.mistersmith.persistence.lifecycle.LifecycleState;
import io.mistersmith.persistence.monitor.PersistenceListener;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The lifecycle states of the agents that are not cold. Thread-safe and bounded: beyond the
 * capacity those that were idle for longest leave, a tenth at a time, so that the search for them
 * is rare.
 *
 * <p>A use of an agent that is active costs a look into the map and the time, without a lock or an
 * allocation. An agent that became cold is taken out of the map under its monitor; who holds it
 * still finds it forgotten and begins a new one, after whose changes the old ones were told.
 */
public final class AgentStates implements AgentUse {

  private static final int LEAVING_PART = 10;

  private final ConcurrentHashMap<String, TrackedAgent> tracked = new ConcurrentHashMap<>();
  private final AtomicBoolean makingRoom = new AtomicBoolean();
  private final int capacity;
  private final long idleMillis;
  private final Clock clock;
  private final PersistenceListener listener;
  private volatile boolean closed;

  /** Tracks at most {@code capacity} agents, each until nobody used it for {@code idle}. */
  public AgentStates(int capacity, Duration idle, Clock clock, PersistenceListener listener) {
    this.capacity = capacity;
    this.idleMillis = Math.max(1, idle.toMillis());
    this.clock = clock;
    this.listener = listener;
  }

  /** The agent's state now. */
  public LifecycleState state(String agent) {
    TrackedAgent found = tracked.get(agent);
    return found == null ? LifecycleState.COLD : found.state();
  }

  /** How many agents are not cold. */
  public int size() {
    return tracked.size();
  }

  @Override
  public void wrote(String agent) {
    TrackedAgent found = tracked.get(agent);
    if (found == null || !found.touch()) {
      change(agent, it -> it.use(LifecycleCause.WRITE));
    }
  }

  @Override
  public void read(String agent) {
    TrackedAgent found = tracked.get(agent);
    if (found == null || !found.touch()) {
      change(agent, it -> it.use(LifecycleCause.READ));
    }
  }

  @Override
  public boolean hydrating(String agent) {
    return apply(agent, TrackedAgent::readHydrates);
  }

  @Override
  public void hydrated(String agent, boolean done) {
    change(
        agent,
        it -> it.endHydration(done, done ? LifecycleCause.READ : LifecycleCause.HYDRATION_FAILED));
  }

  /** A hydration of all its entries begins. */
  void beginHydration(String agent) {
    change(agent, it -> it.beginHydration(LifecycleCause.HYDRATION));
  }

  /** The end of what {@link #beginHydration} began. */
  void endHydration(String agent, boolean done) {
    change(
        agent,
        it ->
            it.endHydration(
                done, done ? LifecycleCause.HYDRATION : LifecycleCause.HYDRATION_FAILED));
  }

  /** A flush of all its entries begins. */
  void beginFlush(String agent) {
    change(agent, TrackedAgent::beginFlush);
  }

  /** The end of what {@link #beginFlush} began. */
  void endFlush(String agent, boolean done) {
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
    makeRoom("");
  }

  /** Lets all become cold, those that something is under way for once that is over. */
  public void close() {
    closed = true;
    tracked.values().forEach(agent -> leave(agent, it -> it.leave(LifecycleCause.CLOSED)));
  }

  private void change(String agent, Consumer<TrackedAgent> change) {
    boolean unused =
        apply(
            agent,
            it -> {
              change.accept(it);
              return true;
            });
  }

  private boolean apply(String agent, Function<TrackedAgent, Boolean> change) {
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
            found.leave(LifecycleCause.CLOSED);
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

  private void makeRoom(String keep) {
    if (tracked.size() <= capacity || !makingRoom.compareAndSet(false, true)) {
      return;
    }
    try {
      int tooMany = tracked.size() - capacity + capacity / LEAVING_PART;
      leastRecentlyUsed(keep, tooMany)
          .forEach(agent -> leave(agent, it -> it.leave(LifecycleCause.NO_ROOM)));
    } finally {
      makingRoom.set(false);
    }
  }

  private List<TrackedAgent> leastRecentlyUsed(String keep, int number) {
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
