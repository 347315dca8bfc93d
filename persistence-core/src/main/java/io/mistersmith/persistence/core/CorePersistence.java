package io.mistersmith.persistence.core;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.cache.L1;
import io.mistersmith.persistence.core.internal.cache.Surroundings;
import io.mistersmith.persistence.core.internal.checkpoint.Restorer;
import io.mistersmith.persistence.core.internal.checkpoint.StoredCheckpoints;
import io.mistersmith.persistence.core.internal.checkpoint.StoredLifecycleEvents;
import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.core.internal.flush.Commits;
import io.mistersmith.persistence.core.internal.journal.BucketIncarnation;
import io.mistersmith.persistence.core.internal.journal.Revisions;
import io.mistersmith.persistence.core.internal.lifecycle.AgentMoves;
import io.mistersmith.persistence.core.internal.monitor.SafeListener;
import io.mistersmith.persistence.core.internal.monitor.SlidingLags;
import io.mistersmith.persistence.core.internal.query.BucketQueryCache;
import io.mistersmith.persistence.core.internal.query.ResultBucket;
import io.mistersmith.persistence.core.internal.repository.AgentPublisher;
import io.mistersmith.persistence.core.internal.repository.HeartbeatBuffer;
import io.mistersmith.persistence.core.internal.repository.KeyRule;
import io.mistersmith.persistence.core.internal.repository.RegistryRepository;
import io.mistersmith.persistence.core.internal.repository.StoredDeadLetters;
import io.mistersmith.persistence.core.internal.resilience.Deadline;
import io.mistersmith.persistence.core.internal.resilience.Window;
import io.mistersmith.persistence.core.internal.routing.AgentUse;
import io.mistersmith.persistence.core.internal.routing.Freshness;
import io.mistersmith.persistence.core.internal.routing.KnownRevisions;
import io.mistersmith.persistence.core.internal.routing.NothingBehind;
import io.mistersmith.persistence.core.internal.routing.TieredStore;
import io.mistersmith.persistence.core.internal.routing.Tiers;
import io.mistersmith.persistence.core.internal.routing.WritesUnderWay;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.lifecycle.AgentLifecycle;
import io.mistersmith.persistence.lifecycle.Checkpoints;
import io.mistersmith.persistence.lifecycle.LifecycleEvents;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.HybridClock;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.StorageLayer;
import io.mistersmith.persistence.monitor.CacheStats;
import io.mistersmith.persistence.monitor.Consistency;
import io.mistersmith.persistence.monitor.PersistenceListener;
import io.mistersmith.persistence.repository.AgentRepository;
import io.mistersmith.persistence.repository.DeadLetters;
import io.mistersmith.persistence.repository.JsonCodec;
import io.mistersmith.persistence.repository.QueryCache;
import io.mistersmith.persistence.repository.StateRepository;
import io.mistersmith.persistence.routing.DataRouter;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.Stores;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The opened engine: wires the rooms below over the stores it was given. */
final class CorePersistence implements Persistence {

  private static final Logger LOG = LoggerFactory.getLogger(CorePersistence.class);

  private static final Duration LOOK_AT_BUCKETS = Duration.ofSeconds(30);

  private final PersistenceConfig config;
  private final Stores stores;
  private final ServiceHealth health;
  private final Threads threads;
  private final HybridClock hybridClock;
  private final StateEngine state;
  private final Shelf sessions;
  private final AgentRepository agents;
  private final HeartbeatBuffer heartbeats;
  private final WritesUnderWay registryWrites = new WritesUnderWay("agents.registry");
  private final DeadLetters deadLetters;
  private final Checkpoints checkpoints;
  private final LifecycleEvents lifecycleEvents;
  private final ResultBucket results;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CompletableFuture<Long> closed = new CompletableFuture<>();

  CorePersistence(PersistenceConfig config, Stores stores, ServiceHealth health) {
    this.config = config;
    this.stores = stores;
    this.health = health;
    this.threads = new Threads(health);
    this.results = new ResultBucket(() -> stores.bucket(Bucket.QUERY_CACHE), stores.clock());
    this.hybridClock =
        new HybridClock(node(config.runtimeName()), stores.clock(), HybridClock.DEFAULT_MAX_DRIFT);
    SlidingLags lags = new SlidingLags(config.consistency().window());
    PersistenceListener listener = new SafeListener(config.listener(), lags::record);
    try {
      AgentPublisher publisher =
          new AgentPublisher(stores.agents(), stores.bucket(Bucket.AGENT_CONFIG));
      this.state = new StateEngine(config, stores, listener, lags, health, threads.calls());
      this.sessions = sessions(listener);
      this.heartbeats = new HeartbeatBuffer(stores.agents());
      this.agents =
          new RegistryRepository(
              stores.agents(),
              publisher,
              state::evict,
              heartbeats,
              registryWrites,
              new KnownRevisions<>(config.knownRevisions(), stores.clock()),
              stores.clock(),
              threads.calls());
      this.deadLetters = new StoredDeadLetters(stores.deadLetters());
      this.checkpoints =
          new StoredCheckpoints(
              stores.checkpoints(),
              stores.agents(),
              state.shelf().store(),
              state.commits(),
              new Restorer(
                  state.shelf().store(), state.commits(), stores.lifecycleEvents(), hybridClock));
      this.lifecycleEvents = new StoredLifecycleEvents(stores.lifecycleEvents());
      threads.every(Duration.ofSeconds(1), heartbeats::write);
      threads.every(Duration.ofSeconds(5), publisher::publishMissing);
      threads.every(config.flush().sweepInterval(), state.agents()::sweep);
      threads.every(LOOK_AT_BUCKETS, this::lookAtBuckets);
      threads.start();
      state.start();
    } catch (RuntimeException | Error e) {
      threads.close();
      throw e;
    }
  }

  /**
   * Learns what an operator changed, such as a bucket's maximum age, and what the server's clock
   * shows, where nothing else asks for it.
   */
  private void lookAtBuckets() {
    try {
      var unused = sessions.store().tiers().bucket().state();
      results.lookIfUsed();
    } catch (PersistenceException e) {
      LOG.debug("buckets not looked at, the next time does it: {}", e.getMessage());
    }
  }

  /** New in every process, since a clock must not meet writes of its own name that it forgot. */
  private static String node(String runtimeName) {
    return runtimeName.replaceAll("[^!-~]", "_")
        + "~"
        + Long.toString(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), 36);
  }

  private Shelf sessions(PersistenceListener listener) {
    HotBucket bucket = stores.bucket(Bucket.SESSION_DATA);
    KnownRevisions<StateKey> known = new KnownRevisions<>(config.knownRevisions(), stores.clock());
    Revisions revisions = new BucketIncarnation(bucket);
    Surroundings around =
        new Surroundings(
            bucket,
            revisions,
            known::of,
            config.clock(),
            stores.clock(),
            config.bucket(Bucket.SESSION_DATA).maxAge(),
            AgentUse.NONE::read,
            threads.calls(),
            health);
    TieredStore store =
        new TieredStore(
            new Tiers(
                bucket,
                new NothingBehind(),
                revisions,
                known,
                stores.clock(),
                listener,
                threads.calls(),
                AgentUse.NONE,
                new L1<>(config.cache(), config.cache().isOn(DataType.SESSION_DATA), around),
                health,
                Freshness.UNLIMITED),
            Window.of(config.nats()));
    stores.onReconnect(store::verifyAfterReconnect);
    return Shelf.of(
        store,
        Commits.NONE,
        KeyRule.ANY,
        config.postgres().statementTimeout(),
        Window.of(config.nats()),
        AgentMoves.NONE);
  }

  @Override
  public AgentRepository agents() {
    return agents;
  }

  @Override
  public <T> StateRepository<T> states(DataType dataType, Class<T> type) {
    return shelf(dataType).repository(Json.mapping(type));
  }

  @Override
  public <T> StateRepository<T> states(DataType dataType, JsonCodec<T> codec) {
    return shelf(dataType).repository(Json.checked(codec));
  }

  @Override
  public <T> StateRepository<T> states(DataType dataType, Class<T> type, ConflictRules<T> rules) {
    return shelf(dataType).repository(Json.mapping(type), rules, hybridClock);
  }

  @Override
  public <T> StateRepository<T> states(
      DataType dataType, JsonCodec<T> codec, ConflictRules<T> rules) {
    return shelf(dataType).repository(Json.checked(codec), rules, hybridClock);
  }

  private Shelf shelf(DataType dataType) {
    StorageLayer layer = config.router().selectStorage(dataType);
    if (layer == StorageLayer.DISTRIBUTED_KV && dataType == DataType.AGENT_STATE) {
      return state.shelf();
    }
    if (layer == StorageLayer.DISTRIBUTED_KV && dataType == DataType.SESSION_DATA) {
      return sessions;
    }
    throw new NonTransientPersistenceException(
        DataError.MISCONFIGURED,
        "this version has no repository for "
            + dataType
            + " in "
            + layer
            + "; it keeps AGENT_STATE and SESSION_DATA, both in DISTRIBUTED_KV first");
  }

  @Override
  public <T> QueryCache<T> queries(String query, Class<T> type) {
    return queryCache(query, Json.mapping(type));
  }

  @Override
  public <T> QueryCache<T> queries(String query, JsonCodec<T> codec) {
    return queryCache(query, Json.checked(codec));
  }

  private <T> QueryCache<T> queryCache(String query, JsonCodec<T> codec) {
    return new BucketQueryCache<>(query, codec, results, config.postgres().statementTimeout());
  }

  @Override
  public AgentLifecycle lifecycle() {
    return state.lifecycle();
  }

  @Override
  public DeadLetters deadLetters() {
    return deadLetters;
  }

  @Override
  public Checkpoints checkpoints() {
    return checkpoints;
  }

  @Override
  public LifecycleEvents lifecycleEvents() {
    return lifecycleEvents;
  }

  @Override
  public Consistency consistency() {
    return state.consistency();
  }

  @Override
  public Optional<CacheStats> cacheStats(DataType dataType) {
    return switch (dataType) {
      case AGENT_STATE -> state.shelf().cacheStats();
      case SESSION_DATA -> sessions.cacheStats();
      default -> Optional.empty();
    };
  }

  @Override
  public DataRouter router() {
    return config.router();
  }

  @Override
  public List<String> notices() {
    return Stream.concat(stores.notices().stream(), health.notices().stream()).toList();
  }

  @Override
  public long close(Duration deadline) {
    if (!closing.compareAndSet(false, true)) {
      return awaitOtherClose(deadline);
    }
    Deadline end = Deadline.after(deadline);
    long left;
    try {
      registryWrites.close();
      sessions.close();
      state.refuseWrites();
      heartbeats.close();
      long unfinished = registryWrites.awaitEnd(end);
      LOG.debug("{} calls of the registry had not ended", unfinished);
      left = state.close(end.left());
    } finally {
      threads.close();
      stores.close();
      threads.endLeftCalls();
    }
    closed.complete(left);
    return left;
  }

  /** Returns what the call that closes does, or at the deadline what is left then. */
  private long awaitOtherClose(Duration deadline) {
    try {
      return closed.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("another call is closing, and has not ended within {}", deadline, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return state.left();
  }

  @Override
  public void close() {
    boolean first = !closing.get();
    long left = close(config.flush().closeDeadline());
    if (left > 0 && first) {
      LOG.warn(
          "closed with {} journal entries that are not in PostgreSQL yet; the next runtime flushes"
              + " them",
          left);
    }
  }
}
