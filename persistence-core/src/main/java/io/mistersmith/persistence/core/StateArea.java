package io.mistersmith.persistence.core;

import io.mistersmith.persistence.agent.LifecycleEvents;
import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.guard.GuardedStores;
import io.mistersmith.persistence.core.internal.log.Logs;
import io.mistersmith.persistence.core.internal.state.backpressure.PressureGate;
import io.mistersmith.persistence.core.internal.state.backpressure.PressureWatch;
import io.mistersmith.persistence.core.internal.state.checkpoint.Restorer;
import io.mistersmith.persistence.core.internal.state.checkpoint.StoredCheckpoints;
import io.mistersmith.persistence.core.internal.state.checkpoint.StoredLifecycleEvents;
import io.mistersmith.persistence.core.internal.state.consistency.BacklogProbe;
import io.mistersmith.persistence.core.internal.state.consistency.EngineConsistency;
import io.mistersmith.persistence.core.internal.state.flush.DurabilityWaiter;
import io.mistersmith.persistence.core.internal.state.flush.Evictor;
import io.mistersmith.persistence.core.internal.state.flush.FlushTarget;
import io.mistersmith.persistence.core.internal.state.flush.LateLetters;
import io.mistersmith.persistence.core.internal.state.flush.Progress;
import io.mistersmith.persistence.core.internal.state.flush.WriteBehindFlusher;
import io.mistersmith.persistence.core.internal.state.journal.BucketOwner;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.core.internal.state.journal.RowJudge;
import io.mistersmith.persistence.core.internal.state.large.StoredLargeValues;
import io.mistersmith.persistence.core.internal.state.lifecycle.AgentStates;
import io.mistersmith.persistence.core.internal.state.lifecycle.TieredLifecycle;
import io.mistersmith.persistence.core.internal.state.repository.StoredDeadLetters;
import io.mistersmith.persistence.core.internal.state.tier.AppliedOwners;
import io.mistersmith.persistence.core.internal.state.tier.Confirmation;
import io.mistersmith.persistence.core.internal.state.tier.ConfirmedReads;
import io.mistersmith.persistence.core.internal.state.tier.Freshness;
import io.mistersmith.persistence.core.internal.state.tier.SqlTier;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.Consistency;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotStore.Outage;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Agent state, wired: the bucket AGENT_STATE, its flush, lifecycle, checkpoints and consistency.
 */
final class StateArea {

  private static final Logger LOG = LoggerFactory.getLogger(StateArea.class);

  /** A flush under way may finish, however short the caller's deadline is. */
  private static final Duration STOP = Duration.ofSeconds(1);

  private final Journal journal;
  private final JournalTracker tracker;
  private final TieredStore store;
  private final WriteBehindFlusher flusher;
  private final Evictor evictor;
  private final DurabilityWaiter waiter;
  private final LateLetters late;
  private final AgentStates agents;
  private final TieredLifecycle lifecycle;
  private final StoredType entries;
  private final Logs logs;
  private final StoredLargeValues largeValues;
  private final StoredCheckpoints checkpoints;
  private final LifecycleEvents lifecycleEvents;
  private final EngineConsistency consistency;
  private final BacklogProbe probe;
  private final PressureGate gate;
  private final PressureWatch pressure;
  private final boolean pressed;
  private final PeriodicService sweeps;
  private final AtomicInteger restarts = new AtomicInteger();

  StateArea(EngineContext engine) {
    PersistenceConfig config = engine.config();
    GuardedStores stores = engine.stores();
    PersistenceListener listener = engine.listener();
    Services services = engine.services();
    Executor executor = engine.threads().calls();
    BucketOwners owners = engine.owners();
    SqlAccess background = stores.sql().on(PostgresRole.BACKGROUND);
    HotBucket bucket = owners.open(Bucket.AGENT_STATE);
    this.journal = bucket.journal();
    BucketOwner owner = owners.owner(Bucket.AGENT_STATE);
    Clock clock = stores.hot().clock();
    this.tracker =
        new JournalTracker(
            journal,
            stores.sql().journals(),
            owner,
            config.flush().clockOverlap(),
            listener,
            clock);
    this.agents =
        new AgentStates(
            config.trackedAgents(), config.flush().idleTimeToLive(), config.clock(), listener);
    Freshness freshness = Freshness.of(clock, config.flush().idleTimeToLive());
    RowJudge judge =
        new RowJudge(
            journal.name(), stores.sql().journals(), config.flush().tombstoneRetention(), clock);
    Confirmation confirmation =
        new Confirmation(
            journal,
            bucket.writes(),
            tracker,
            stores.sql().states(),
            stores.sql().deadLetters(),
            judge,
            freshness,
            config.knownRevisions());
    Progress progress = new Progress();
    FlushTarget target =
        new FlushTarget(
            journal,
            bucket.writes(),
            tracker,
            stores.sql().journals(),
            stores.sql().on(PostgresRole.FLUSH).states(),
            background::logs,
            judge,
            listener,
            progress,
            clock,
            engine.observed());
    String holder = config.runtimeName() + "-" + UUID.randomUUID();
    this.flusher = new WriteBehindFlusher(target, config.flush(), listener, services, holder);
    this.evictor =
        new Evictor(
            target,
            background,
            config.flush(),
            listener,
            services,
            clock,
            flusher::isLeading,
            holder);
    this.waiter =
        new DurabilityWaiter(
            journal.name(), tracker, flusher, progress, stores.unguarded().sql().deadLetters());
    this.late =
        new LateLetters(
            journal.name(),
            new StoredDeadLetters(background.deadLetters()),
            services,
            flusher::isLeading,
            progress);
    this.gate = new PressureGate(journal.name(), config.backpressure(), waiter);
    HotReads reads = new ConfirmedReads(bucket.reads(), freshness, confirmation, executor);
    StoredType composed =
        StoredType.compose(
            engine,
            DataType.AGENT_STATE,
            Optional.of(
                new StoredType.Flushed(
                    new SqlTier(
                        stores.sql().states(),
                        agents,
                        freshness,
                        new AppliedOwners(bucket.reads(), tracker, stores.sql()),
                        key ->
                            stores
                                .sql()
                                .deadLetters()
                                .openSubjects(journal.name())
                                .contains(journal.subject(key)),
                        () -> stores.hot().outage().map(Outage::since)),
                    reads,
                    tracker,
                    owner::requireOwn,
                    gate,
                    waiter)));
    this.store = composed.store();
    this.logs =
        new Logs(
            store,
            bucket.reads(),
            stores.sql().logs(),
            freshness,
            waiter,
            config.knownRevisions(),
            config.flush().maxBytes());
    this.largeValues =
        new StoredLargeValues(
            composed.descriptions(),
            store,
            bucket.reads(),
            stores.sql().largeValues(),
            config.maxLargeValueBytes(),
            config.flush().idleTimeToLive());
    this.lifecycle = new TieredLifecycle(agents, store, waiter);
    this.entries = composed;
    this.probe = new BacklogProbe(journal, tracker, flusher::isLeading, clock);
    this.consistency =
        new EngineConsistency(
            new HotBucket(reads, bucket.writes(), journal),
            stores,
            tracker,
            waiter,
            engine.lags(),
            probe,
            config,
            listener,
            services,
            flusher::isLeading);
    this.pressure =
        new PressureWatch(
            journal,
            tracker,
            probe,
            gate,
            config.backpressure(),
            listener,
            services,
            flusher::isPositionKnown);
    this.checkpoints =
        new StoredCheckpoints(
            stores.sql(),
            store,
            waiter,
            new Restorer(store, waiter, stores.sql().lifecycleEvents(), engine.hybridClock()));
    this.lifecycleEvents =
        new StoredLifecycleEvents(stores.sql().lifecycleEvents(), stores.sql().oldReads());
    this.sweeps =
        services.every(
            config.flush().sweepInterval(),
            "persistence-lifecycle",
            "lifecycle states are out of date",
            agents::sweep);
    tracker.onRestart(restarts::incrementAndGet);
    this.pressed = config.backpressure().policy() != BackpressureConfig.Policy.OFF;
  }

  /** Returns whether this runtime flushes for all, as far as it knows. */
  boolean isLeading() {
    return flusher.isLeading();
  }

  /** Begins to flush: once all else is open, so that an open that fails leaves no thread behind. */
  void start() {
    sweeps.start();
    flusher.start();
    evictor.start();
    late.start();
    consistency.start();
    if (pressed) {
      pressure.start();
    }
  }

  /** Has the flush try again at once, whatever it failed with before. Does not wait. */
  void flushSoon() {
    flusher.wake();
  }

  StoredType entries() {
    return entries;
  }

  Logs logs() {
    return logs;
  }

  StoredLargeValues largeValues() {
    return largeValues;
  }

  StoredCheckpoints checkpoints() {
    return checkpoints;
  }

  LifecycleEvents lifecycleEvents() {
    return lifecycleEvents;
  }

  Consistency consistency() {
    return consistency;
  }

  TieredLifecycle lifecycle() {
    return lifecycle;
  }

  /**
   * Prepares to remove the entries of agents, as they are now, from KV and from memory. Call it
   * before the agents' rows are deleted.
   *
   * @return removes them, and returns the failure of each agent whose entries may be left
   */
  Function<Collection<AgentId>, Map<AgentId, PersistenceException>> removal() {
    Function<Collection<AgentId>, Map<AgentId, PersistenceException>> removal = store.removal();
    return agents -> {
      try {
        return removal.apply(agents);
      } finally {
        agents.forEach(store.tiers().l1()::forgetOwner);
      }
    };
  }

  /** Waits until PostgreSQL has applied or refused all that was written before this call. */
  void awaitApplied(String what, Duration limit) {
    long end = journal.state().lastSequence();
    if (end > 0) {
      waiter.awaitAll(what, tracker.of(end), limit);
    }
  }

  /** Refuses writes from now on, those that backpressure holds up included. */
  void refuseWrites() {
    entries.close();
    gate.end();
  }

  /**
   * Refuses writes from now on, waits for those under way and until PostgreSQL has what they wrote,
   * then stops; returns how much of the journal, and how many writes, are left at the deadline.
   */
  long close(Duration patience) {
    Deadline deadline = Deadline.after(patience);
    refuseWrites();
    long underWay = store.underWay().awaitEnd(deadline);
    long left = flushRest(deadline);
    pressure.close(STOP);
    consistency.close(STOP);
    flusher.close(STOP);
    evictor.close(STOP);
    late.close(STOP);
    waiter.close();
    agents.close();
    return left + underWay;
  }

  /**
   * Waits for the flush of what this process wrote. After a new epoch has begun, the tracker no
   * longer knows what was written before: then all that is in the stream is waited for.
   */
  private long flushRest(Deadline deadline) {
    int before;
    do {
      before = restarts.get();
      try {
        long end = before == 0 ? tracker.highest() : journal.state().lastSequence();
        if (end > 0) {
          waiter.awaitAll("closing", tracker.of(end), deadline.left());
        }
        if (before == restarts.get()) {
          return 0;
        }
      } catch (PersistenceException e) {
        LOG.debug("bucket {}: closing with a backlog: {}", journal.name(), e.getMessage());
      }
    } while (before != restarts.get() && !deadline.hasPassed());
    return left();
  }

  /** Returns the number of waiting journal entries; at least one if PostgreSQL lacks a write. */
  long left() {
    long behind = tracker.highest() - tracker.position().sequence();
    try {
      long waiting = probe.look().messages();
      behind = tracker.highest() - tracker.position().sequence();
      return behind > 0 ? Math.max(1, waiting) : waiting;
    } catch (PersistenceException e) {
      LOG.debug("bucket {}: backlog not read: {}", journal.name(), e.getMessage());
      return Math.max(1, behind);
    }
  }
}
