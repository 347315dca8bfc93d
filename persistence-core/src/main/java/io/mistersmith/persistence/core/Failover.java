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
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.SqlStore.PrimaryChange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
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

  private static final int PAGE = 500;

  private static final Duration STOP = Duration.ofSeconds(1);

  private static final DeadLetters.Filter NOT_REGISTERED =
      DeadLetters.Filter.all().withSqlState("23503");

  private final Queue<PrimaryChange> announced = new ConcurrentLinkedQueue<>();
  private final Queue<Promotion> unchecked = new ConcurrentLinkedQueue<>();
  private final List<String> notices = new CopyOnWriteArrayList<>();
  private final PersistenceListener listener;
  private final StateArea state;
  private final AgentRecovery agents;
  private final DeadLetterStore letters;
  private final DeadLetters deadLetters;
  private final Journal journal;
  private final JournalStore journals;
  private final PeriodicService service;

  /** Up to where a flush that began before the agents were restored may refuse entries. */
  private Optional<End> flushing = Optional.empty();

  /** A promotion, and what was found in all attempts to check it. For one thread at a time. */
  private static final class Promotion {
    private final PrimaryChange change;
    private final AgentRecovery.Found found = new AgentRecovery.Found();
    private long replayed;

    Promotion(PrimaryChange change) {
      this.change = change;
    }
  }

  /** The end of a journal. */
  private record End(long epoch, long sequence) {}

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
    this.letters = background.deadLetters();
    this.deadLetters = new StoredDeadLetters(letters);
    this.journal = engine.owners().open(Bucket.AGENT_STATE).journal();
    this.journals = background.journals();
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
    unchecked.add(new Promotion(change));
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
    for (Promotion it = unchecked.peek(); it != null; it = unchecked.peek()) {
      try {
        report(check(it));
      } catch (PersistenceException e) {
        LOG.info(
            "what {} lacks is not known yet, trying again: {}", it.change.server(), e.getMessage());
        return;
      }
      unchecked.remove(it);
    }
    try {
      replayLate();
    } catch (PersistenceException e) {
      LOG.debug("entries of restored agents are looked for again", e);
    }
  }

  private FailoverChecked check(Promotion promotion) {
    AgentRecovery.Found found = promotion.found;
    agents.recover(found);
    flushing = Optional.of(new End(epoch(), journal.state().lastSequence()));
    promotion.replayed += replay();
    return new FailoverChecked(
        promotion.change.timeline(),
        found.restored(),
        found.returned(),
        found.refused(),
        state.checkpoints().lost(),
        promotion.replayed);
  }

  /** Of all agents: another runtime may have restored some, and ended before this. */
  private long replay() {
    long replayed = 0;
    for (AgentId agent : agents.registered(refusedOwners())) {
      replayed += deadLetters.replayAll(NOT_REGISTERED.ofAgent(agent)).replayed();
    }
    return replayed;
  }

  private Set<AgentId> refusedOwners() {
    Set<AgentId> owners = new LinkedHashSet<>();
    List<DeadLetter> page = letters.page(NOT_REGISTERED, Optional.empty(), PAGE);
    while (!page.isEmpty()) {
      page.forEach(letter -> letter.key().map(StateKey::agent).ifPresent(owners::add));
      page = letters.page(NOT_REGISTERED, Optional.of(page.get(page.size() - 1)), PAGE);
    }
    return owners;
  }

  private long epoch() {
    return journals.position(journal.name()).map(JournalPosition::epoch).orElse(0L);
  }

  /** A batch that was under way when the agents were restored may commit a refusal later. */
  private void replayLate() {
    if (flushing.isEmpty() || isFlushing(flushing.get())) {
      return;
    }
    long replayed = replay();
    flushing = Optional.empty();
    if (replayed > 0) {
      LOG.info("{} more entries of restored agents were replayed", replayed);
    }
  }

  private boolean isFlushing(End end) {
    return journals
        .position(journal.name())
        .map(now -> now.epoch() == end.epoch() && now.sequence() < end.sequence())
        .orElse(end.sequence() > 0);
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
    note(
        left,
        checked.refusedAgents(),
        "agents are lost, or older than in KV, and could not be restored; see the log");
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
