package io.mistersmith.persistence.core.internal.security;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.security.ForgetReport;
import io.mistersmith.persistence.security.Forgetting;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.sql.ForgetStore;
import io.mistersmith.persistence.spi.sql.ForgetStore.Forgotten;
import io.mistersmith.persistence.spi.sql.ForgetStore.Place;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forgets agents, in an order that leaves nothing without an owner when the process dies:
 *
 * <ol>
 *   <li>what refers to the agent's row, since the references go with the row;
 *   <li>the row and the entries in KV, each with a marker;
 *   <li>once the flush has passed all that was written before: what KV had under the markers, and
 *       what the flush and the deletion themselves have left, such as dead letters, the outbox and
 *       the audit log.
 * </ol>
 *
 * <p>Every step can be repeated, and a runtime that goes on begins at the first one. A flush that
 * was held up, or a relay that had read a change before it was emptied, can bring something back:
 * what these write is looked at once more, some minutes after the end, and again while sagas that
 * name the agent are open. Thread-safe.
 */
public final class AgentForgetting implements Forgetting {

  private static final Logger LOG = LoggerFactory.getLogger(AgentForgetting.class);

  /** Few enough that a transaction locks its rows for a moment. */
  private static final int BATCH = 500;

  private static final int LISTED = 1_000;

  private static final String KEY = "key";
  private static final String CHANGES = "streams of changes";
  private static final String CHUNKS = "chunks of large values in KV";

  private static final Duration IDLE = Duration.ofMinutes(1);
  private static final Duration LATE = Duration.ofMinutes(5);

  /** Bounds what one turn of the background service does. */
  private static final int CLAIMED = 8;

  private static final List<Place> REFERRING =
      List.of(
          Place.ENTRY_WRITES,
          Place.MESSAGES,
          Place.TASKS,
          Place.ARCHIVED_TASKS,
          Place.FACTS,
          Place.SAGAS,
          Place.SESSIONS);

  private static final List<Place> LEFT =
      List.of(
          Place.ENTRY_WRITES,
          Place.ARCHIVED_TASKS,
          Place.STATES,
          Place.LOG_ENTRIES,
          Place.DEAD_LETTERS,
          Place.LARGE_VALUES,
          Place.HANDLED,
          Place.OUTBOX,
          Place.AUDIT);

  private static final List<Place> BROUGHT_BACK =
      List.of(Place.SAGAS, Place.DEAD_LETTERS, Place.OUTBOX, Place.AUDIT);

  private final ForgetStore store;
  private final OwnData own;
  private final HotTraces hot;
  private final SubjectKeys keys;

  /** Forgets agents in these. */
  public AgentForgetting(ForgetStore store, OwnData own, HotTraces hot, SubjectKeys keys) {
    this.store = store;
    this.own = own;
    this.hot = hot;
    this.keys = keys;
  }

  @Override
  public ForgetReport forget(AgentId agent) {
    store.begin(agent);
    removeAll(agent);
    return report(
        store
            .find(agent)
            .orElseThrow(
                () ->
                    new NonTransientPersistenceException(
                        DataError.CONSISTENCY_VIOLATION,
                        "agent "
                            + agent
                            + ": its row in agents.forgotten was removed meanwhile; forget it"
                            + " again")));
  }

  @Override
  public List<ForgetReport> unfinished() {
    return store.unfinished(LISTED).stream().map(this::report).toList();
  }

  private void removeAll(AgentId agent) {
    Map<HotBucket, Long> ends = hot.ends();
    Map<String, Long> entries = hot.keys(agent);
    REFERRING.forEach(place -> remove(agent, place));
    own.delete(agent);
    own.awaitApplied("forgetting agent " + agent);
    hot.evict(agent, ends);
    entries.forEach((bucket, count) -> note(agent, bucket, count));
    removeChunks(agent);
    LEFT.forEach(place -> remove(agent, place));
    removeChanges(agent, Instant.MAX);
    if (keys.destroy(agent)) {
      store.note(agent, KEY, 1);
    }
    store.end(agent);
  }

  private void remove(AgentId agent, Place place) {
    int removed;
    do {
      if (place == Place.TASKS) {
        store.tasks(agent, BATCH).forEach(own::cancel);
      }
      removed = store.remove(agent, place, BATCH);
    } while (removed >= BATCH);
  }

  /** The chunks are entries of owners of their own, which have the names of the contents. */
  private void removeChunks(AgentId agent) {
    List<UUID> contents = store.contents(agent);
    if (!contents.isEmpty()) {
      Map<HotBucket, Long> ends = hot.ends();
      contents.forEach(content -> hot.evict(AgentId.external(content.toString()), ends));
      note(agent, CHUNKS, contents.size());
    }
  }

  private void removeChanges(AgentId agent, Instant until) {
    note(agent, CHANGES, hot.removeChanges(agent, store.removedTasks(agent), until));
  }

  private void note(AgentId agent, String place, long count) {
    if (count > 0) {
      store.note(agent, place, count);
    }
  }

  /** Goes on with agents that nobody works on. One that cannot be forgotten holds up no other. */
  public void goOn() {
    PersistenceException failure = null;
    for (Forgotten forgotten : store.claim(IDLE, LATE, CLAIMED)) {
      try {
        goOn(forgotten);
      } catch (PersistenceException e) {
        LOG.warn(
            "agent {} is not forgotten yet, trying again: {}", forgotten.agent(), e.getMessage());
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void goOn(Forgotten forgotten) {
    AgentId agent = forgotten.agent();
    if (forgotten.endedAt().isEmpty()) {
      removeAll(agent);
    } else {
      BROUGHT_BACK.forEach(place -> remove(agent, place));
      removeChanges(agent, forgotten.endedAt().get());
      if (store.openSagas(agent) == 0) {
        store.end(agent);
      }
    }
  }

  private ForgetReport report(Forgotten forgotten) {
    boolean keyDestroyed = forgotten.removed().containsKey(KEY);
    boolean ended = forgotten.endedAt().isPresent();
    int openSagas = store.openSagas(forgotten.agent());
    return new ForgetReport(
        forgotten.agent(),
        forgotten.begunAt(),
        forgotten.endedAt(),
        forgotten.removed(),
        keyDestroyed,
        RemainingData.sentences(keyDestroyed, ended, openSagas));
  }
}
