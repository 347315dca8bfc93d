package io.mistersmith.persistence.core.internal.log;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.core.internal.state.journal.Revisions;
import io.mistersmith.persistence.core.internal.state.tier.Freshness;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.sql.LogStore;

/**
 * The stores of logs, and what this process knows of each log.
 *
 * @param store writes entries and heads
 * @param reads reads the bucket as it is: entries are written once, so that one which comes back
 *     after its eviction is the same
 * @param rows the rows of entries
 * @param freshness how long what was known cannot have been evicted
 * @param commits waits for the flush
 * @param memories what is known
 */
record LogContext(
    TieredStore store,
    HotReads reads,
    LogStore rows,
    Freshness freshness,
    Commits commits,
    Cache<LogId, LogMemory> memories) {

  /** Remembers at most so many logs. */
  LogContext(
      TieredStore store,
      HotReads reads,
      LogStore rows,
      Freshness freshness,
      Commits commits,
      int capacity) {
    this(
        store,
        reads,
        rows,
        freshness,
        commits,
        Caffeine.newBuilder().maximumSize(capacity).executor(Runnable::run).build());
    revisions().onRestart(memories::invalidateAll);
  }

  LogMemory memory(LogId log) {
    return memories.get(log, id -> new LogMemory());
  }

  Revisions revisions() {
    return store.tiers().revisions();
  }

  /**
   * The servers that know every acknowledged write; where there is but one, it is asked quickly.
   */
  ReadFrom latest() {
    return reads.hasReplicas() ? ReadFrom.LEADER : ReadFrom.ANY_REPLICA;
  }
}
