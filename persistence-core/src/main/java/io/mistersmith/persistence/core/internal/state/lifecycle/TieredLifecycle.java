package io.mistersmith.persistence.core.internal.state.lifecycle;

import io.mistersmith.persistence.agent.AgentLifecycle;
import io.mistersmith.persistence.agent.Hydration;
import io.mistersmith.persistence.agent.LifecycleState;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** Hydrates and flushes agents in a tiered store, one hydration of an agent at a time. */
public final class TieredLifecycle implements AgentLifecycle {

  private final AgentStates states;
  private final TieredStore store;
  private final Commits commits;
  private final ConcurrentHashMap<AgentId, HydrationFlight> flights = new ConcurrentHashMap<>();

  /** The lifecycle of the agents whose entries are in {@code store}. */
  public TieredLifecycle(AgentStates states, TieredStore store, Commits commits) {
    this.states = states;
    this.store = store;
    this.commits = commits;
  }

  @Override
  public LifecycleState state(AgentId agent) {
    return states.state(agent);
  }

  @Override
  public int tracked() {
    return states.size();
  }

  @Override
  public Hydration hydrate(AgentId agent) {
    return hydrate(agent, progress -> {});
  }

  @Override
  public Hydration hydrate(AgentId agent, Consumer<Hydration.Progress> progress) {
    HydrationFlight mine = new HydrationFlight(agent);
    HydrationFlight flight = board(mine, progress);
    if (flight == mine) {
      fly(mine);
    }
    return flight.await();
  }

  @Override
  public CompletableFuture<Hydration> hydrateAsync(
      AgentId agent, Consumer<Hydration.Progress> progress) {
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

  private HydrationFlight board(HydrationFlight mine, Consumer<Hydration.Progress> progress) {
    HydrationFlight flight = flights.merge(mine.agent(), mine, (underWay, another) -> underWay);
    flight.follow(progress);
    return flight;
  }

  /** The state is as its callers will find it before they learn of the end. */
  private void fly(HydrationFlight flight) {
    AgentId agent = flight.agent();
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
      store.tiers().listener().on(new PersistenceEvent.AgentHydrated(hydration));
      flight.land(hydration);
    } catch (RuntimeException | Error e) {
      flights.remove(agent, flight);
      flight.fail(e);
    }
  }

  /**
   * Waits for the flush. A cold agent without entries in KV is not shown as being flushed; the call
   * still waits for this process's earlier writes of it.
   */
  @Override
  public void flush(AgentId agent, Duration deadline) {
    if (states.state(agent) == LifecycleState.COLD) {
      Optional<Revision.OfJournal> latest = store.lastWrites().latest(agent);
      if (latest.isEmpty()) {
        await(agent, store.lastWrites().orOwn(latest), deadline);
        return;
      }
    }
    boolean done = false;
    states.beginFlush(agent);
    try {
      await(agent, store.lastWrites().of(agent), deadline);
      done = true;
    } finally {
      states.endFlush(agent, done);
    }
  }

  private void await(AgentId agent, Optional<Revision.OfJournal> write, Duration deadline) {
    write.ifPresent(revision -> commits.awaitAgent(agent, revision, deadline));
  }
}
