package io.mistersmith.persistence.agent;

import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The lifecycle of the agents' state, as this process sees it: what another process does to an
 * agent is not seen here. Thread-safe.
 *
 * <p>The calls of this process change the states: a write, or a read that finds something, makes a
 * cold agent active; one that is not used for the configured time to live expires, and is cold at
 * the sweep after that. Each change is a {@link
 * io.mistersmith.persistence.event.PersistenceEvent.LifecycleChanged} event, each agent's in order.
 * Cold agents take no memory.
 */
public interface AgentLifecycle {

  /** The agent's state now; {@code COLD} for one that was never heard of. */
  LifecycleState state(AgentId agent);

  /** How many agents are not cold. Bounded by {@code PersistenceConfig.trackedAgents()}. */
  int tracked();

  /**
   * Brings all of the agent's flushed entries into KV that are not there. Callers that hydrate an
   * agent at once share one hydration. Reads and writes go on meanwhile, and no newer value and no
   * delete is overwritten.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when a store fails, for each of
   *     the callers; the agent is cold again then, unless it was in use. Entries that were brought
   *     stay in KV, and hydrating again brings the rest
   */
  default Hydration hydrate(AgentId agent) {
    return hydrate(agent, progress -> {});
  }

  /**
   * {@link #hydrate(AgentId)}, with progress: whenever another hundredth is acknowledged, on the
   * threads that the acknowledgements arrive on, one at a time. Exceptions of {@code progress} are
   * logged and go no further. A caller that joins a hydration in progress gets the progress of the
   * rest.
   */
  Hydration hydrate(AgentId agent, Consumer<Hydration.Progress> progress);

  /**
   * {@link #hydrate(AgentId)} without waiting. Cancelling the future does not end the hydration.
   */
  default CompletableFuture<Hydration> hydrateAsync(AgentId agent) {
    return hydrateAsync(agent, progress -> {});
  }

  /** {@link #hydrate(AgentId, Consumer)} without waiting. */
  CompletableFuture<Hydration> hydrateAsync(AgentId agent, Consumer<Hydration.Progress> progress);

  /**
   * Has all that was written for the agent until now, by any process, flushed at once, and waits
   * for it. Reads and writes go on meanwhile.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code
   *     CONNECTION_FAILED} when it is not committed before the deadline: the agent is active again,
   *     and what is not flushed stays queued
   */
  void flush(AgentId agent, Duration deadline);
}
