package io.mistersmith.persistence.core;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.AgentLifecycle;
import io.mistersmith.persistence.agent.AgentRepository;
import io.mistersmith.persistence.agent.LifecycleEvents;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Background;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.ObservedCalls;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.core.internal.guard.Guard;
import io.mistersmith.persistence.core.internal.guard.GuardedStores;
import io.mistersmith.persistence.core.internal.knowledge.StoredKnowledge;
import io.mistersmith.persistence.core.internal.monitor.SafeListener;
import io.mistersmith.persistence.core.internal.monitor.SlidingLags;
import io.mistersmith.persistence.core.internal.operations.RecentInconsistencies;
import io.mistersmith.persistence.core.internal.query.BucketQueryCache;
import io.mistersmith.persistence.core.internal.query.ResultBucket;
import io.mistersmith.persistence.core.internal.security.Sealings;
import io.mistersmith.persistence.core.internal.security.StoredAuditLog;
import io.mistersmith.persistence.core.internal.state.repository.CollectedStep;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresStore;
import io.mistersmith.persistence.core.internal.transaction.StoreTransactionRunner;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.guard.StoreGuard;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.message.MessageLog;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.HybridClock;
import io.mistersmith.persistence.operations.Operations;
import io.mistersmith.persistence.saga.CrossStore;
import io.mistersmith.persistence.saga.Sagas;
import io.mistersmith.persistence.security.AuditLog;
import io.mistersmith.persistence.security.Forgetting;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.LargeValues;
import io.mistersmith.persistence.state.QueryCache;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import io.mistersmith.persistence.stream.Streams;
import io.mistersmith.persistence.task.Tasks;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The opened engine: its areas over the stores it was given. */
final class CorePersistence implements Persistence {

  private static final Logger LOG = LoggerFactory.getLogger(CorePersistence.class);

  private static final Duration STOP = Duration.ofSeconds(5);
  private static final Duration MONITORING_STOP = Duration.ofSeconds(1);
  private static final Duration LOOK_AT_BUCKETS = Duration.ofSeconds(30);
  private static final Duration COMPARE_KEYS = Duration.ofSeconds(10);

  private final EngineContext engine;
  private final StateArea state;
  private final StoredType sessionData;
  private final SessionArea sessions;
  private final AgentArea agents;
  private final MessageArea messages;
  private final TaskArea tasks;
  private final EventArea events;
  private final StreamArea streams;
  private final TransactionArea transactions;
  private final SagaArea sagas;
  private final CrossStoreArea crossStore;
  private final OperationsArea operations;
  private final ForgettingArea forgetting;
  private final Knowledge knowledge;
  private final AuditLog audit;
  private final ResultBucket results;
  private final Failover failover;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CompletableFuture<Long> closed = new CompletableFuture<>();

  CorePersistence(PersistenceConfig config, Stores stores, Services services) {
    PersistenceListener told = new SafeListener(config.listener());
    ObservedCalls observed = ObservedCalls.of(config);
    Guard guard = new Guard(told, observed, Ticker.SYSTEM, config.clock());
    GuardedStores guarded = new GuardedStores(stores, guard, config);
    BucketOwners owners = new BucketOwners(guarded, config.unknownEntries());
    SlidingLags lags = new SlidingLags(config.consistency().window());
    Threads threads = new Threads();
    FeedEvents feed = new FeedEvents(EventArea.isInstalled(stores));
    RecentInconsistencies inconsistencies = new RecentInconsistencies(config.clock());
    this.engine =
        new EngineContext(
            config,
            guarded,
            guard,
            owners,
            PersistenceListener.of(PersistenceEvent.Flushed.class, lags::record)
                .and(feed)
                .and(inconsistencies)
                .and(told),
            lags,
            services,
            threads,
            new HybridClock(
                node(config.runtimeName()), stores.hot().clock(), HybridClock.DEFAULT_MAX_DRIFT),
            feed,
            observed,
            Sealings.of(config.encryption(), guarded.sql(), config.clock()));
    try {
      this.state = new StateArea(engine);
      this.sessions = new SessionArea(engine);
      this.agents = new AgentArea(engine, state, sessions);
      this.messages = new MessageArea(engine);
      this.tasks = new TaskArea(engine);
      this.streams = new StreamArea(engine);
      this.transactions =
          new TransactionArea(engine, state, agents, messages, sessions, tasks, streams);
      this.sagas = new SagaArea(engine, state, transactions);
      this.crossStore = new CrossStoreArea(engine, state, transactions);
      this.sessionData = StoredType.compose(engine, DataType.SESSION_DATA, Optional.empty());
      this.failover = new Failover(engine, state);
      this.events = new EventArea(engine, streams.streams());
      this.operations =
          new OperationsArea(engine, state, sessionData, failover, events, inconsistencies);
      this.forgetting =
          new ForgettingArea(engine, state, sessionData, agents, operations.encryption());
      this.knowledge = new StoredKnowledge(guarded.sql().knowledge());
      this.audit = new StoredAuditLog(guarded.sql().audit());
      this.results =
          new ResultBucket(
              () -> owners.open(Bucket.QUERY_CACHE),
              stores.hot().clock(),
              engine.sealings().of(DataType.QUERY_CACHE));
      Background lookAtOwners =
          services.every(
              LOOK_AT_BUCKETS,
              "persistence-owners",
              "a bucket of another installation is not noticed",
              owners::look);
      lookAtOwners.start();
      stores.hot().onReconnect(lookAtOwners::wake);
      if (engine.sealings().areOn()) {
        services
            .every(
                COMPARE_KEYS,
                "persistence-data-keys",
                "data keys that another process destroyed stay in use",
                engine.sealings()::compareKeys)
            .start();
      }
      agents.start();
      state.start();
      failover.start();
      events.start(feed);
      operations.start();
      forgetting.start();
    } catch (RuntimeException | Error e) {
      threads.close();
      throw e;
    }
  }

  /** New in every process, since a clock must not meet writes of its own name that it forgot. */
  private static String node(String runtimeName) {
    return runtimeName.replaceAll("[^!-~]", "_")
        + "~"
        + Long.toString(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), 36);
  }

  @Override
  public AgentRepository agents() {
    return agents.agents();
  }

  @Override
  public <T> StateRepository<T> states(StateType<T> type) {
    return stored(type.dataType()).repository(type, engine.hybridClock());
  }

  @Override
  public <T> Log<T> log(AgentId owner, String name, StateType<T> type) {
    return state.logs().log(owner, name, type);
  }

  @Override
  public Step step() {
    return new CollectedStep(
        dataType -> stored(dataType).stepTarget(),
        engine.hybridClock(),
        engine.config().flush().maxBytes());
  }

  private StoredType stored(DataType dataType) {
    return switch (dataType) {
      case AGENT_STATE -> state.entries();
      case SESSION_DATA -> sessionData;
      default ->
          throw new NonTransientPersistenceException(
              DataError.MISCONFIGURED,
              "there is no repository of entries for "
                  + dataType
                  + ", which is "
                  + engine.config().router().policy(dataType)
                  + "; use AGENT_STATE or SESSION_DATA");
    };
  }

  @Override
  public LargeValues largeValues() {
    return state.largeValues();
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
    return new BucketQueryCache<>(
        query, codec, results, engine.config().postgres().statementTimeout());
  }

  @Override
  public Sessions sessions() {
    return sessions.sessions();
  }

  @Override
  public Tasks tasks() {
    return tasks.tasks();
  }

  @Override
  public CrossStore crossStore() {
    return crossStore.crossStore();
  }

  @Override
  public Sagas sagas() {
    return sagas.sagas();
  }

  @Override
  public ChangeFeed changes() {
    return events.changes();
  }

  @Override
  public AgentLifecycle lifecycle() {
    return state.lifecycle();
  }

  @Override
  public Checkpoints checkpoints() {
    return state.checkpoints();
  }

  @Override
  public LifecycleEvents lifecycleEvents() {
    return state.lifecycleEvents();
  }

  @Override
  public MessageLog messages() {
    return messages.messages();
  }

  @Override
  public Streams streams() {
    return streams.streams();
  }

  @Override
  public Knowledge knowledge() {
    return knowledge;
  }

  @Override
  public StoreTransactionRunner transactions() {
    return transactions.runner();
  }

  /** Returns the durable half of the stores of production; empty over any other. */
  Optional<PostgresStore> postgres() {
    return engine.stores().unguarded() instanceof NatsPostgresProvider.Opened opened
        ? Optional.of(opened.postgres())
        : Optional.empty();
  }

  @Override
  public StoreGuard guard() {
    return engine.guard();
  }

  @Override
  public AuditLog audit() {
    return audit;
  }

  @Override
  public Operations operations() {
    return operations;
  }

  @Override
  public Forgetting forgetting() {
    return forgetting.forgetting();
  }

  @Override
  public long close(Duration deadline) {
    if (!closing.compareAndSet(false, true)) {
      return awaitOtherClose(deadline);
    }
    Deadline end = Deadline.after(deadline);
    long left;
    try {
      streams.close(end);
      tasks.close(end);
      sagas.close(end);
      crossStore.close(STOP);
      agents.refuseWrites();
      sessionData.close();
      state.refuseWrites();
      failover.close();
      operations.close(MONITORING_STOP);
      agents.close(end);
      left = state.close(end.left());
      agents.writeHeartbeats(end);
      events.close(end.left(STOP));
    } finally {
      engine.threads().close();
      boolean unused = engine.services().close(STOP);
      engine.stores().close();
      engine.threads().endLeftCalls();
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
    long left = close(engine.config().flush().closeDeadline());
    if (left > 0 && first) {
      LOG.warn(
          "bucket {}: closed with {} journal entries that are not in PostgreSQL yet; the next"
              + " runtime flushes them",
          operations.consistency().journal(),
          left);
    }
  }
}
