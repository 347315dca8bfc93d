package io.mistersmith.persistence.operations;

import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.operations.Operations.CacheStats;
import io.mistersmith.persistence.routing.DataRouter;
import io.mistersmith.persistence.security.Encryption;
import java.util.List;
import java.util.Optional;

/** The health of an open runtime, and the matters that need an operator's decision. Thread-safe. */
public interface Operations {

  /** Entries that PostgreSQL refused. */
  DeadLetters deadLetters();

  /** How far KV and PostgreSQL are apart, and whether they agree. */
  Consistency consistency();

  /**
   * Returns the statistics of this process's cache of one type of data; empty if {@link
   * io.mistersmith.persistence.config.CacheConfig} keeps none. Asks no server.
   */
  Optional<CacheStats> cacheStats(DataType dataType);

  /** The health of this runtime and of its servers, as of the last check. */
  Health health();

  /** The jobs that keep the database in order. */
  Upkeep upkeep();

  /** What is beyond its threshold. */
  Alerts alerts();

  /** What the statistics of PostgreSQL say about indexes and statements. */
  Advice advice();

  /** The encryption of entries, and its data keys. */
  Encryption encryption();

  /** The pools of connections to PostgreSQL: what they do, and their sizes. */
  Pools pools();

  /** The router in force. */
  DataRouter router();

  /**
   * Returns the present notices for an operator, in sentences: features that were turned off
   * because the servers lack them, and background services of this runtime that fail, are stuck or
   * have ended. Asks no server, so a health check may call it often.
   */
  List<String> notices();

  /**
   * The statistics of this process's cache (L1) for one type of data since it was opened. The
   * counts stay 0 where {@code cache.statistics} is off.
   *
   * @param hits reads of an entry that memory answered
   * @param negativeHits reads that memory answered with "there is none"
   * @param misses reads that memory could not answer; those that shared another's load included
   * @param loads how often the stores were asked for a key to be kept
   * @param loadFailures how many of these failed
   * @param refused how many loaded entries were not kept since the key was changed meanwhile
   * @param evictions entries that had to leave for others
   * @param invalidations entries that were dropped because the key was changed
   * @param bypassed reads whose entries could not be kept, because no watch was running or it did
   *     not follow their owner yet
   * @param entries how many entries there are, negative ones included
   * @param weightBytes about how many bytes they take
   * @param watching whether changes by other processes are being followed, if only of some owners;
   *     else memory is not used
   */
  record CacheStats(
      long hits,
      long negativeHits,
      long misses,
      long loads,
      long loadFailures,
      long refused,
      long evictions,
      long invalidations,
      long bypassed,
      long entries,
      long weightBytes,
      boolean watching) {

    /** The share of all reads that memory answered, from 0 to 1; 0 when there were none. */
    public double hitRate() {
      long answered = hits + negativeHits;
      long reads = answered + misses + bypassed;
      return reads == 0 ? 0 : (double) answered / reads;
    }
  }
}
