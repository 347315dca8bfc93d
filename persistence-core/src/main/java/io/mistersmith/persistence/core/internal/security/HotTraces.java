package io.mistersmith.persistence.core.internal.security;

import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.hot.StreamStore.Content;
import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import io.mistersmith.persistence.stream.StreamPlan;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Removes messages of an agent from buckets and from the streams of changes. Thread-safe. */
public final class HotTraces {

  private static final int PAGE = 256;

  private final List<HotBucket> buckets;
  private final List<StreamStore> streams;

  /**
   * Removes messages of these.
   *
   * @param buckets the buckets that have entries of agents
   * @param streams the installation's streams, and those of its tenants
   */
  public HotTraces(List<HotBucket> buckets, List<StreamStore> streams) {
    this.buckets = List.copyOf(buckets);
    this.streams = List.copyOf(streams);
  }

  /** Returns how far each bucket is written now. */
  Map<HotBucket, Long> ends() {
    Map<HotBucket, Long> ends = new LinkedHashMap<>();
    buckets.forEach(bucket -> ends.put(bucket, bucket.journal().state().lastSequence()));
    return ends;
  }

  /** Returns how many keys the owner has in each bucket, by the bucket's name. */
  Map<String, Long> keys(AgentId owner) {
    Map<String, Long> keys = new LinkedHashMap<>();
    buckets.forEach(
        bucket ->
            keys.put(
                "bucket " + bucket.name(),
                (long) join(bucket.reads().keysAsync(owner, "")).size()));
    return keys;
  }

  /**
   * Removes all that the owner had in the buckets up to these ends: the history that is under the
   * markers. Later messages stay, and so do the markers.
   */
  void evict(AgentId owner, Map<HotBucket, Long> ends) {
    List<CompletableFuture<Void>> evictions = new ArrayList<>();
    ends.forEach(
        (bucket, end) -> {
          if (end > 0) {
            evictions.add(bucket.writes().evictAgent(owner, end));
          }
        });
    evictions.forEach(HotTraces::join);
  }

  /**
   * Removes what the streams of changes have of the agent and of tasks, as it was published up to a
   * time.
   *
   * @return how many messages it removed
   */
  long removeChanges(AgentId agent, List<UUID> tasks, Instant until) {
    long removed = 0;
    for (StreamStore store : streams) {
      removed += remove(store, StreamPlan.agentState().name(), "agents.*." + agent.uuid(), until);
      for (UUID task : tasks) {
        removed += remove(store, StreamPlan.taskExecution().name(), "tasks.*." + task, until);
      }
    }
    return removed;
  }

  private static long remove(StreamStore store, String stream, String subject, Instant until) {
    if (store.find(stream).isEmpty()) {
      return 0;
    }
    long removed = 0;
    long after = 0;
    List<Stored> page;
    do {
      page = store.page(stream, Optional.of(subject), after, PAGE, Content.HEADERS);
      for (Stored message : page) {
        after = message.sequence();
        if (!message.time().isAfter(until) && store.remove(stream, message.sequence())) {
          removed++;
        }
      }
    } while (!page.isEmpty());
    return removed;
  }

  private static <T> T join(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      if (Failures.cause(e) instanceof PersistenceException failure) {
        throw failure;
      }
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, "entries of an agent in KV may be left", e.getCause());
    }
  }
}
