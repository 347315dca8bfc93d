package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.BackpressurePolicy;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.backpressure.PressureGate;
import io.mistersmith.persistence.core.internal.backpressure.PressureWatch;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.cache.L1;
import io.mistersmith.persistence.core.internal.cache.Surroundings;
import io.mistersmith.persistence.core.internal.consistency.BacklogProbe;
import io.mistersmith.persistence.core.internal.consistency.EngineConsistency;
import io.mistersmith.persistence.core.internal.flush.Commits;
import io.mistersmith.persistence.core.internal.flush.DurabilityWaiter;
import io.mistersmith.persistence.core.internal.flush.Evictor;
import io.mistersmith.persistence.core.internal.flush.FlushTarget;
import io.mistersmith.persistence.core.internal.flush.LateLetters;
import io.mistersmith.persistence.core.internal.flush.Progress;
import io.mistersmith.persistence.core.internal.flush.WriteBehindFlusher;
import io.mistersmith.persistence.core.internal.journal.JournalOwner;
import io.mistersmith.persistence.core.internal.journal.JournalTracker;
import io.mistersmith.persistence.core.internal.journal.RowJudge;
import io.mistersmith.persistence.core.internal.lifecycle.AgentStates;
import io.mistersmith.persistence.core.internal.lifecycle.TieredLifecycle;
import io.mistersmith.persistence.core.internal.monitor.SlidingLags;
import io.mistersmith.persistence.core.internal.repository.KeyRule;
import io.mistersmith.persistence.core.internal.repository.StoredDeadLetters;
import io.mistersmith.persistence.core.internal.resilience.Deadline;
import io.mistersmith.persistence.core.internal.resilience.Window;
import io.mistersmith.persistence.core.internal.routing.Confirmation;
import io.mistersmith.persistence.core.internal.routing.ConfirmedBucket;
import io.mistersmith.persistence.core.internal.routing.Entry;
import io.mistersmith.persistence.core.internal.routing.Freshness;
import io.mistersmith.persistence.core.internal.routing.KnownRevisions;
import io.mistersmith.persistence.core.internal.routing.TieredStore;
import io.mistersmith.persistence.core.internal.routing.Tiers;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.monitor.Consistency;
import io.mistersmith.persistence.monitor.PersistenceListener;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.Stores;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The write-behind half of the engine, wired: the bucket AGENT_STATE and its flush. */
final class StateEngine {

  private static final Logger LOG = LoggerFactory.getLogger(StateEngine.class);

  /** A flush under way may finish, however short the caller's deadline is. */
  private static final Duration STOP = Duration.ofSeconds(1);

  private final HotBucket bucket;
  private final JournalTracker tracker;
  private final L1<Entry> l1;
  private final TieredStore store;
  private final WriteBehindFlusher flusher;
  private final Evictor evictor;
  private final DurabilityWaiter waiter;
  private final LateLetters late;
  private final AgentStates agents;
  private final TieredLifecycle lifecycle;
  private final Shelf shelf;
  private final EngineConsistency consistency;
  private final BacklogProbe probe;
  private final PressureGate gate;
  private final PressureWatch pressure;
  private final boolean pressed;
  private final AtomicInteger restarts = new AtomicInteger();

  StateEngine(
      PersistenceConfig config,
      Stores stores,
      PersistenceListener listener,
      SlidingLags lags,
      ServiceHealth health,
      Executor executor) {
    this.bucket = stores.bucket(Bucket.AGENT_STATE);
    new JournalOwner(bucket, stores.journals(), stores.agents()).check(config.unknownEntries());
    Clock clock = stores.clock();
    this.tracker =
        new JournalTracker(
            bucket, stores.journals(), config.flush().clockOverlap(), listener, clock);
    this.agents =
        new AgentStates(
            config.trackedAgents(), config.flush().idleTimeToLive(), config.clock(), listener);
    KnownRevisions<StateKey> known = new KnownRevisions<>(config.knownRevisions(), clock);
    Surroundings around =
        new Surroundings(
            bucket,
            tracker,
            known::of,
            config.clock(),
            clock,
            Duration.ZERO,
            agents::read,
            executor,
            health);
    this.l1 = new L1<>(config.cache(), config.cache().isOn(DataType.AGENT_STATE), around);
    Freshness freshness = Freshness.of(clock, config.flush().idleTimeToLive());
    RowJudge judge =
        new RowJudge(bucket.name(), stores.journals(), config.flush().tombstoneRetention(), clock);
    Confirmation confirmation =
        new Confirmation(
            bucket,
            tracker,
            stores.states(),
            stores.deadLetters(),
            judge,
            freshness,
            config.knownRevisions());
    Tiers tiers =
        new Tiers(
            new ConfirmedBucket(bucket, freshness, confirmation, executor),
            stores.states(),
            tracker,
            known,
            clock,
            listener,
            executor,
            agents,
            l1,
            health,
            freshness);
    Progress progress = new Progress();
    FlushTarget target =
        new FlushTarget(
            bucket, tracker, stores.journals(), stores.states(), judge, listener, progress, clock);
    String holder = config.runtimeName() + "-" + UUID.randomUUID();
    this.flusher = new WriteBehindFlusher(target, config.flush(), listener, health, holder);
    this.evictor =
        new Evictor(
            target,
            stores.deadLetters(),
            config.flush(),
            listener,
            health,
            clock,
            flusher::isLeading);
    this.waiter =
        new DurabilityWaiter(bucket.name(), tracker, flusher, progress, stores.deadLetters());
    this.late =
        new LateLetters(
            bucket.name(),
            new StoredDeadLetters(stores.deadLetters()),
            health,
            flusher::isLeading,
            progress);
    this.gate = new PressureGate(bucket.name(), config.backpressure(), waiter);
    this.store = new TieredStore(tiers, gate, Window.of(config.nats()));
    this.lifecycle = new TieredLifecycle(agents, store, waiter);
    this.shelf =
        Shelf.of(
            store,
            waiter,
            KeyRule.AGENT_ID,
            config.postgres().statementTimeout(),
            Window.of(config.nats()),
            lifecycle);
    this.probe = new BacklogProbe(bucket, tracker, flusher::isLeading, clock);
    this.consistency =
        new EngineConsistency(
            tiers.bucket(),
            stores,
            tracker,
            waiter,
            lags,
            probe,
            config,
            listener,
            health,
            flusher::isLeading);
    stores.onReconnect(store::verifyAfterReconnect);
    this.pressure =
        new PressureWatch(
            bucket,
            tracker,
            probe,
            gate,
            config.backpressure(),
            listener,
            health,
            flusher::isLeading);
    tracker.onRestart(restarts::incrementAndGet);
    this.pressed = config.backpressure().policy() != BackpressurePolicy.OFF;
  }

  /** Begins to flush: once all else is open, so that an open that fails leaves no thread behind. */
  void start() {
    flusher.start();
    evictor.start();
    late.start();
    consistency.start();
    if (pressed) {
      pressure.start();
    }
  }

  Shelf shelf() {
    return shelf;
  }

  Commits commits() {
    return waiter;
  }

  Consistency consistency() {
    return consistency;
  }

  TieredLifecycle lifecycle() {
    return lifecycle;
  }

  AgentStates agents() {
    return agents;
  }

  /** Takes out of KV, and of memory, what a deleted agent had. */
  void evict(String agent) {
    try {
      store.removeOwner(agent);
    } finally {
      l1.forgetOwner(agent);
    }
  }

  /** Refuses writes from now on, those that backpressure holds up included. */
  void refuseWrites() {
    shelf.close();
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
        long end = before == 0 ? tracker.highest() : bucket.state().lastSequence();
        if (end > 0) {
          waiter.awaitAll("closing", tracker.of(end), deadline.left());
        }
        if (before == restarts.get()) {
          return 0;
        }
      } catch (PersistenceException e) {
        LOG.debug("closing with a backlog: {}", e.getMessage());
      }
    } while (before != restarts.get() && !deadline.hasPassed());
    return left();
  }

  /** How many journal entries wait; at least one where PostgreSQL has not all that was written. */
  long left() {
    long behind = tracker.highest() - tracker.position().sequence();
    try {
      long waiting = probe.look().messages();
      behind = tracker.highest() - tracker.position().sequence();
      return behind > 0 ? Math.max(1, waiting) : waiting;
    } catch (PersistenceException e) {
      LOG.debug("backlog not read: {}", e.getMessage());
      return Math.max(1, behind);
    }
  }
}
