package io.mistersmith.persistence;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.lifecycle.AgentLifecycle;
import io.mistersmith.persistence.lifecycle.Checkpoints;
import io.mistersmith.persistence.lifecycle.LifecycleEvents;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.monitor.CacheStats;
import io.mistersmith.persistence.monitor.Consistency;
import io.mistersmith.persistence.repository.AgentRepository;
import io.mistersmith.persistence.repository.DeadLetters;
import io.mistersmith.persistence.repository.JsonCodec;
import io.mistersmith.persistence.repository.QueryCache;
import io.mistersmith.persistence.repository.StateRepository;
import io.mistersmith.persistence.routing.DataRouter;
import io.mistersmith.persistence.spi.StoreProvider;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * One durable memory for an agent runtime: hot state in NATS JetStream KV, everything for good in
 * PostgreSQL. Open one in a process and share it; it is thread-safe.
 *
 * <p>Once both stores run, every acknowledged write reaches PostgreSQL or the dead letters,
 * whatever process was killed in between: the bucket's own stream is the journal, and nothing is
 * remembered in a process. Excluded are a power loss before NATS has synced its disk, the deletion
 * of a bucket, and a restore to before the write.
 */
public interface Persistence extends AutoCloseable {

  /**
   * Opens NATS and PostgreSQL as configured, makes the buckets that are missing, and begins to
   * flush.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when a store cannot be reached or
   *     used; {@code MISCONFIGURED} when no engine is on the class path
   */
  static Persistence open(PersistenceConfig config) {
    return provider().open(config, Optional.empty());
  }

  /** Opens the same engine over other stores, such as the test kit's in-memory ones. */
  static Persistence open(PersistenceConfig config, StoreProvider stores) {
    return provider().open(config, Optional.of(stores));
  }

  private static PersistenceProvider provider() {
    return ServiceLoader.load(PersistenceProvider.class, Persistence.class.getClassLoader())
        .findFirst()
        .orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.MISCONFIGURED,
                    "no engine on the class path; add the dependency"
                        + " io.mistersmith.persistence:persistence-core"));
  }

  /** The registry of agents. An agent is registered before its state can reach PostgreSQL. */
  AgentRepository agents();

  /**
   * Agent state of one type, mapped to JSON by its fields: written to KV, flushed to PostgreSQL.
   */
  default <T> StateRepository<T> states(Class<T> type) {
    return states(DataType.AGENT_STATE, type);
  }

  /**
   * Entries of one type of data. {@link DataType#AGENT_STATE} is flushed to PostgreSQL; {@link
   * DataType#SESSION_DATA} lives in KV alone, so that what concerns flushing has nothing to wait
   * for.
   *
   * @throws NonTransientPersistenceException with {@code MISCONFIGURED} when the router sends this
   *     type to a layer that this version has no repository for
   */
  <T> StateRepository<T> states(DataType dataType, Class<T> type);

  /** Entries of one type of data, mapped by the caller's codec. */
  <T> StateRepository<T> states(DataType dataType, JsonCodec<T> codec);

  /**
   * Entries of one type of data whose conflicts are resolved: a save that meets a version which its
   * caller had not seen (see {@link io.mistersmith.persistence.repository.SaveOptions#basedOn})
   * asks the rules, and stores their answer by compare-and-set. Its versions carry the time and the
   * clock of their writers through both stores. All processes that write these entries must use the
   * same rules.
   */
  <T> StateRepository<T> states(DataType dataType, Class<T> type, ConflictRules<T> rules);

  /** {@link #states(DataType, Class, ConflictRules)}, mapped by the caller's codec. */
  <T> StateRepository<T> states(DataType dataType, JsonCodec<T> codec, ConflictRules<T> rules);

  /**
   * The cache of one query's results, mapped to JSON by their fields.
   *
   * @param query the query's name, 1 to 255 characters; all processes that use it must mean the
   *     same query
   */
  <T> QueryCache<T> queries(String query, Class<T> type);

  /** {@link #queries(String, Class)}, mapped by the caller's codec. */
  <T> QueryCache<T> queries(String query, JsonCodec<T> codec);

  /** Where each agent's state stands in this process; hydrates and flushes it. */
  AgentLifecycle lifecycle();

  /** Entries that PostgreSQL refused. */
  DeadLetters deadLetters();

  /** Copies of agents' states, to go back to. */
  Checkpoints checkpoints();

  /** What has happened to agents. */
  LifecycleEvents lifecycleEvents();

  /** How far KV and PostgreSQL are apart, and whether they agree. */
  Consistency consistency();

  /**
   * What this process's memory of the entries of one type of data was good for; empty where {@link
   * io.mistersmith.persistence.config.CacheConfig} keeps none. Asks nobody.
   */
  Optional<CacheStats> cacheStats(DataType dataType);

  /** The router in force. */
  DataRouter router();

  /**
   * What an operator should know now, in sentences: what the servers cannot do and was turned off
   * for it, and which of this runtime's background services fail, are stuck or have ended. Asks
   * nobody, so a health check may call it often.
   */
  List<String> notices();

  /**
   * Refuses writes from now on as {@code CLOSED}, waits until those under way have ended and all
   * that this process has written is in PostgreSQL, then closes. A second call waits for the first
   * one, and returns the same.
   *
   * @return 0 when every acknowledged write is there; else how many journal entries, of any
   *     process, were still waiting when the deadline passed, and how many writes of this one had
   *     not ended. They stay in the journal, and the next runtime flushes them
   */
  long close(Duration deadline);

  /** Closes with the configured deadline, and logs what is left. */
  @Override
  void close();
}
