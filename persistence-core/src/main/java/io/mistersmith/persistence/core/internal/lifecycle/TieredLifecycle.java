package io.mistersmith.persistence.core.internal.lifecycle;

import io.mistersmith.persistence.core.internal.flush.Commits;
import io.mistersmith.persistence.core.internal.routing.TieredStore;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.lifecycle.AgentLifecycle;
import io.mistersmith.persistence.lifecycle.Hydration;
import io.mistersmith.persistence.lifecycle.HydrationProgress;
import io.mistersmith.persistence.lifecycle.LifecycleState;
import io.mistersmith.persistence.model.Revision;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** Hydrates and flushes agents in a tiered store, one hydration of an agent at a time. */
public final class TieredLifecycle implements AgentLifecycle, AgentMoves {

  private final AgentStates states;
  private final TieredStore store;
  private final Commits commits;
  private final ConcurrentHashMap<String, HydrationFlight> flights = new ConcurrentHashMap<>();

  /** The lifecycle of the agents whose entries are in {@code store}. */
  public TieredLifecycle(AgentStates states, TieredStore store, Commits commits) {
    this.states = states;
    this.store = store;
    this.commits = commits;
  }

  @Override
  public LifecycleState state(String agent) {
    return states.state(agent);
  }

  @Override
  public int tracked() {
    return states.size();
  }

  @Override
  public Hydration hydrate(String agent) {
    return hydrate(agent, progress -> {});
  }

  @Override
  public Hydration hydrate(String agent, Consumer<HydrationProgress> progress) {
    HydrationFlight mine = new HydrationFlight(agent);
    HydrationFlight flight = board(mine, progress);
    if (flight == mine) {
      fly(mine);
    }
    return flight.await();
  }

  @Override
  public CompletableFuture<Hydration> hydrateAsync(
      String agent, Consumer<HydrationProgress> progress) {
    HydrationFlight mine = new HydrationFlight(agent);
    HydrationFlight flight = board(mine, progress);
    if (flight == mine) {
      try {
        store.tiers().executor().execute(() -> fly(mine));
      } catch (RejectedExecutionException e) {
        flights.remove(agent, mine);
        mine.fail(
            new NonTransientPersistenceException(
                DataError.CLOSED, "agent " + agent + ": not hydrated, the engine is closed", e));
      } catch (Error e) {
        flights.remove(agent, mine);
        mine.fail(e);
      }
    }
    return flight.landing();
  }

  private HydrationFlight board(HydrationFlight mine, Consumer<HydrationProgress> progress) {
    HydrationFlight flight = flights.merge(mine.agent(), mine, (underWay, another) -> underWay);
    flight.follow(progress);
    return flight;
  }

  /** The state is as its callers will find it before they learn of the end. */
  private void fly(HydrationFlight flight) {
    String agent = flight.agent();
    try {
      states.beginHydration(agent);
      Hydration hydration;
      boolean done = false;
      try {
        hydration = store.hydrate(agent, flight::report);
        done = true;
      } finally {
        states.endHydration(agent, done);
        flights.remove(agent, flight);
      }
      store.tiers().listener().onAgentHydrated(hydration);
      flight.land(hydration);
    } catch (RuntimeException | Error e) {
      flights.remove(agent, flight);
      flight.fail(e);
    }
  }

  /**
   * A cold agent of which KV has nothing is not shown as being flushed; what this process wrote for
   * it before it was forgotten is waited for all the same.
   */
  @Override
  public void flush(String agent, Duration deadline) {
    if (states.state(agent) == LifecycleState.COLD) {
      Optional<Revision> listed = store.lastListedWrite(agent);
      if (listed.isEmpty()) {
        await(agent, store.orOwn(listed), deadline);
        return;
      }
    }
    boolean done = false;
    states.beginFlush(agent);
    try {
      await(agent, store.lastWrite(agent), deadline);
      done = true;
    } finally {
      states.endFlush(agent, done);
    }
  }

  private void await(String agent, Optional<Revision> write, Duration deadline) {
    write.ifPresent(revision -> commits.awaitAgent(agent, revision, deadline));
  }
}
