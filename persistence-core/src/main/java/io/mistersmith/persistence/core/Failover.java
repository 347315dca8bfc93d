package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.state.repository.AgentPublisher;
import io.mistersmith.persistence.core.internal.state.repository.AgentRecovery;
import io.mistersmith.persistence.core.internal.state.repository.StoredDeadLetters;
import io.mistersmith.persistence.core.internal.state.tier.KnownRevisions;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceEvent.FailoverChecked;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.SqlStore.PrimaryChange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds what a new primary of PostgreSQL lacks, and restores what NATS has of it: a standby that
 * lagged lost the latest commits. Agent state comes back by itself, since the position of the flush
 * went back with it.
 */
final class Failover {

  private static final Logger LOG = LoggerFactory.getLogger(Failover.class);

  /** The multiple of other services' periods, so that it costs no wake-up of its own. */
  private static final Duration RETRY = Duration.ofSeconds(5);

  private static final Duration STOP = Duration.ofSeconds(1);

  private static final String NOT_REGISTERED = "23503";

  private final Queue<PrimaryChange> announced = new ConcurrentLinkedQueue<>();
  private final Queue<PrimaryChange> unchecked = new ConcurrentLinkedQueue<>();
  private final List<String> notices = new CopyOnWriteArrayList<>();
  private final PersistenceListener listener;
  private final StateArea state;
  private final AgentRecovery agents;
  private final DeadLetters deadLetters;
  private final PeriodicService service;

  Failover(EngineContext engine, StateArea state) {
    SqlAccess background = engine.stores().sql().on(PostgresRole.BACKGROUND);
    AgentStore store = background.agents();
    HotBucket bucket = engine.owners().open(Bucket.AGENT_CONFIG);
    this.listener = engine.listener();
    this.state = state;
    KnownRevisions<AgentId> noMarkers = new KnownRevisions<>(1, engine.stores().hot().clock());
    this.agents =
        new AgentRecovery(
            store, bucket, new AgentPublisher(store, bucket.reads(), bucket.writes(), noMarkers));
    this.deadLetters = new StoredDeadLetters(background.deadLetters());
    this.service =
        engine
            .services()
            .every(
                RETRY,
                "persistence-failover",
                "what a new primary of PostgreSQL lacks is not looked for",
                this::takeTurn);
    engine.stores().sql().onPrimaryChange(this::noticed);
  }

  private void noticed(PrimaryChange change) {
    announced.add(change);
    unchecked.add(change);
    service.wake();
    state.flushSoon();
  }

  void start() {
    service.start();
  }

  void close() {
    boolean unused = service.close(STOP);
  }

  /** Returns a sentence for each loss that is left to an operator. */
  List<String> notices() {
    return List.copyOf(notices);
  }

  private void takeTurn() {
    for (PrimaryChange it = announced.poll(); it != null; it = announced.poll()) {
      listener.on(
          new PersistenceEvent.PrimaryChanged(
              it.server(), it.system(), it.timelineBefore(), it.timeline()));
    }
    for (PrimaryChange it = unchecked.peek(); it != null; it = unchecked.peek()) {
      try {
        report(check(it));
      } catch (PersistenceException e) {
        LOG.info("what {} lacks is not known yet, trying again: {}", it.server(), e.getMessage());
        return;
      }
      unchecked.remove(it);
    }
  }

  private FailoverChecked check(PrimaryChange change) {
    AgentRecovery.Found found = agents.recover();
    long replayed = 0;
    for (AgentId agent : found.restored()) {
      replayed +=
          deadLetters
              .replayAll(DeadLetters.Filter.all().ofAgent(agent).withSqlState(NOT_REGISTERED))
              .replayed();
    }
    return new FailoverChecked(
        change.timeline(),
        found.restored(),
        found.returned(),
        found.refused(),
        state.checkpoints().lost(),
        replayed);
  }

  private void report(FailoverChecked checked) {
    LOG.info(
        "after the promotion to timeline {}: {} agents were restored from KV, {} of their entries"
            + " were replayed",
        checked.timeline(),
        checked.restoredAgents().size(),
        checked.replayedDeadLetters());
    List<String> left = new ArrayList<>();
    note(left, checked.returnedAgents(), "agents that were deleted exist again; delete them again");
    note(left, checked.refusedAgents(), "agents are lost and were refused; see the log");
    note(left, checked.lostCheckpoints(), "checkpoints are lost; make them again");
    for (String sentence : left) {
      String notice = "after the promotion to timeline " + checked.timeline() + ": " + sentence;
      LOG.warn("{}", notice);
      notices.add(notice);
    }
    listener.on(checked);
  }

  private static void note(List<String> left, Collection<?> lost, String what) {
    if (!lost.isEmpty()) {
      left.add(
          "%d %s: %s".formatted(lost.size(), what, lost.stream().limit(10).toList())
              + (lost.size() > 10 ? " and more, which the event FailoverChecked names" : ""));
    }
  }
}
