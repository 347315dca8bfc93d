package io.mistersmith.persistence.lifecycle;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The lifecycle of the agents' state, as this process sees it: what another process does to an
 * agent is not seen here. Thread-safe.
 *
 * <p>The states follow from what is done: a write, or a read that finds something, makes a cold
 * agent active; one that nobody uses for the configured time to live expires, and is cold at the
 * sweep after that. Every change is told to {@link
 * io.mistersmith.persistence.monitor.PersistenceListener#onLifecycle}, each agent's in order. Cold
 * agents take no memory.
 */
public interface AgentLifecycle {

  /** The agent's state now; {@code COLD} for one that was never heard of. */
  LifecycleState state(String agent);

  /** How many agents are not cold. Bounded by {@code PersistenceConfig.trackedAgents()}. */
  int tracked();

  /**
   * Brings all of the agent's flushed entries into KV that are not there. Callers that hydrate an
   * agent at once share one hydration. Reads and writes go on meanwhile, and no newer value and no
   * delete is overwritten.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when a store fails, for each of
   *     the callers; the agent is cold again then, unless it was in use. What was brought stays in
   *     KV, and hydrating again brings the rest
   */
  default Hydration hydrate(String agent) {
    return hydrate(agent, progress -> {});
  }

  /**
   * {@link #hydrate(String)}, with progress: whenever another hundredth is acknowledged, on the
   * threads that the acknowledgements arrive on, one at a time. What {@code progress} throws is
   * logged and goes no further. Who joins a hydration under way hears of the rest.
   */
  Hydration hydrate(String agent, Consumer<HydrationProgress> progress);

  /** {@link #hydrate(String)} without waiting. Cancelling the future does not end the hydration. */
  default CompletableFuture<Hydration> hydrateAsync(String agent) {
    return hydrateAsync(agent, progress -> {});
  }

  /** {@link #hydrate(String, Consumer)} without waiting. */
  CompletableFuture<Hydration> hydrateAsync(String agent, Consumer<HydrationProgress> progress);

  /**
   * Has all that was written for the agent until now, by any process, flushed at once, and waits
   * for it. Reads and writes go on meanwhile.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code
   *     CONNECTION_FAILED} when it is not committed before the deadline: the agent is active again,
   *     and what is not flushed stays queued
   */
  void flush(String agent, Duration deadline);
}
