package io.mistersmith.persistence.core;

import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.core.internal.codec.KeyedCodec;
import io.mistersmith.persistence.core.internal.conflict.ResolvingWriter;
import io.mistersmith.persistence.core.internal.flush.Commits;
import io.mistersmith.persistence.core.internal.lifecycle.AgentMoves;
import io.mistersmith.persistence.core.internal.repository.InOrder;
import io.mistersmith.persistence.core.internal.repository.JsonStateRepository;
import io.mistersmith.persistence.core.internal.repository.KeyRule;
import io.mistersmith.persistence.core.internal.repository.ResolvingStateRepository;
import io.mistersmith.persistence.core.internal.resilience.Window;
import io.mistersmith.persistence.core.internal.routing.TieredStore;
import io.mistersmith.persistence.model.HybridClock;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.monitor.CacheStats;
import io.mistersmith.persistence.repository.JsonCodec;
import io.mistersmith.persistence.repository.StateRepository;
import java.time.Duration;
import java.util.Optional;

/**
 * Where entries of one type of data are kept, and what their repositories have in common.
 *
 * @param store the tiers
 * @param commits waits for PostgreSQL
 * @param keys which keys the store can keep
 * @param commitTimeout how long a save that asks for it waits for PostgreSQL
 * @param inOrder keeps the asynchronous writes of a key in order, whichever repository they go by
 * @param window bounds the asynchronous writes that wait for their turn
 * @param moves hydrates and flushes agents
 */
record Shelf(
    TieredStore store,
    Commits commits,
    KeyRule keys,
    Duration commitTimeout,
    InOrder<StateKey> inOrder,
    Window window,
    AgentMoves moves) {

  static Shelf of(
      TieredStore store,
      Commits commits,
      KeyRule keys,
      Duration commitTimeout,
      Window window,
      AgentMoves moves) {
    return new Shelf(
        store,
        commits,
        keys,
        commitTimeout,
        new InOrder<>(store.tiers().executor()),
        window,
        moves);
  }

  <T> JsonStateRepository<T> repository(JsonCodec<T> codec) {
    return new JsonStateRepository<>(store, codec, commits, keys, commitTimeout, moves);
  }

  <T> StateRepository<T> repository(JsonCodec<T> codec, ConflictRules<T> rules, HybridClock clock) {
    return new ResolvingStateRepository<>(
        repository(codec),
        new ResolvingWriter<>(
            store,
            new KeyedCodec<>(codec, store.tiers().bucket()::maxValueBytes),
            rules,
            clock,
            store.tiers().listener()),
        commits,
        keys,
        commitTimeout,
        store.tiers().lifetimes(),
        inOrder,
        window);
  }

  Optional<CacheStats> cacheStats() {
    return store.tiers().l1().stats();
  }

  /** Refuses writes from now on, and stops what follows the bucket's changes. */
  void close() {
    store.underWay().close();
    store.tiers().l1().close();
  }
}
