package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.saga.CrossStore;
import io.mistersmith.persistence.saga.EntryWrite;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.saga.Sagas;
import io.mistersmith.persistence.state.StateType;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Sagas and transactions over both stores: each is done or undone as a whole, or an operator finds
 * it listed. Thread-safe.
 */
final class CoordinationPromises {

  private static final Duration WITHIN = Duration.ofMinutes(2);
  private static final long PAUSE_NANOS = 100_000_000;
  private static final int PAGE = 1_000;

  private static final String PREPARED =
      "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()";

  private final Database database;
  private final Tally tally;
  private final Set<String> started = new HashSet<>();
  private final Set<String> committed = new HashSet<>();
  private final Set<String> refused = new HashSet<>();
  private int ended;

  CoordinationPromises(Database database, Tally tally) {
    this.database = database;
    this.tally = tally;
  }

  synchronized void started(String saga) {
    started.add(saga);
  }

  synchronized void committed(String pair) {
    committed.add(pair);
  }

  synchronized void refused(String pair) {
    refused.add(pair);
  }

  /** Returns how many sagas have ended, as {@link #judge} found. */
  synchronized int ended() {
    return ended;
  }

  /** Has all that is left ended, and compares both stores. */
  synchronized void judge(Persistence persistence) throws SQLException {
    try (SagaRunner runner = Retries.with(() -> Trips.runner(persistence))) {
      awaitEnded(persistence.sagas(), runner);
    }
    judgeSagas(persistence);
    judgePairs(persistence);
  }

  /** A run that stopped is resumed, as an operator does. */
  private void awaitEnded(Sagas sagas, SagaRunner runner) {
    long end = System.nanoTime() + WITHIN.toNanos();
    List<SagaRun> left = left(sagas);
    while (!left.isEmpty() && System.nanoTime() - end < 0) {
      for (SagaRun run : left) {
        if (run.state().isStopped()) {
          tally.counted("saga listed: " + run.state() + " " + run.reason().orElse(""));
          boolean unused = Retries.with(() -> sagas.resume(run.id()));
        }
      }
      runner.wake();
      LockSupport.parkNanos(PAUSE_NANOS);
      left = left(sagas);
    }
  }

  private static List<SagaRun> left(Sagas sagas) {
    return Stream.of(State.values())
        .filter(state -> !state.isEnd())
        .flatMap(
            state ->
                Retries.with(
                    () ->
                        sagas.find(
                            SagaQuery.all().withName(Trips.NAME).withState(state).withLimit(PAGE)))
                    .stream())
        .toList();
  }

  private void judgeSagas(Persistence persistence) throws SQLException {
    Map<String, String> rows = database.pairs(Trips.EFFECTS);
    Set<String> missing = new HashSet<>(started);
    for (SagaRun run : all(persistence.sagas())) {
      String id = run.id().toString();
      missing.remove(id);
      int effects = Integer.parseInt(rows.getOrDefault(id, "0"));
      boolean isNoted = value(persistence, Trips.NOTES, Trips.OWNER, id).isPresent();
      boolean isDone = effects == Trips.ROWS && isNoted;
      boolean isUndone = effects == 0 && !isNoted;
      if (run.state() == State.COMPLETED
          ? !isDone
          : run.state() != State.COMPENSATED || !isUndone) {
        tally.add(
            new Fault(
                Kind.HALF_DONE,
                "saga %s: %s rows, noted %s, log %s"
                    .formatted(run, effects, isNoted, persistence.sagas().log(run.id()))));
      }
      ended += run.state().isEnd() ? 1 : 0;
      tally.counted("saga " + run.state());
    }
    missing.forEach(id -> tally.add(new Fault(Kind.LOST, "saga " + id + ": started, gone")));
  }

  private static List<SagaRun> all(Sagas sagas) {
    List<SagaRun> all = new ArrayList<>();
    SagaQuery query = SagaQuery.all().withName(Trips.NAME).withLimit(PAGE);
    List<SagaRun> page = find(sagas, query);
    while (!page.isEmpty()) {
      all.addAll(page);
      page = find(sagas, query.after(page.get(page.size() - 1).id()));
    }
    return all;
  }

  private static List<SagaRun> find(Sagas sagas, SagaQuery query) {
    return Retries.with(() -> sagas.find(query));
  }

  private void judgePairs(Persistence persistence) throws SQLException {
    CrossStore crossStore = persistence.crossStore();
    awaitPut(crossStore);
    for (EntryWrite write : Retries.with(() -> crossStore.refused(PAGE))) {
      tally.counted("change listed: " + write.refused().orElse(""));
    }
    Set<String> rows = Set.copyOf(database.texts("SELECT id FROM pairs.rows"));
    committed.stream()
        .filter(id -> !rows.contains(id))
        .forEach(id -> tally.add(new Fault(Kind.LOST, "pair " + id + ": committed, gone")));
    refused.stream()
        .filter(rows::contains)
        .forEach(
            id -> tally.add(new Fault(Kind.RESURRECTED, "pair " + id + ": not committed, found")));
    database
        .pairs(ChangeBoth.LATEST)
        .forEach(
            (place, id) -> {
              Optional<String> value = value(persistence, ChangeBoth.TYPE, ChangeBoth.OWNER, place);
              if (!value.equals(Optional.of(id))) {
                tally.add(
                    new Fault(
                        Kind.HALF_DONE, "pair %s at %s: entry %s".formatted(id, place, value)));
              }
            });
  }

  /** Until no change waits, and nothing is prepared. */
  private void awaitPut(CrossStore crossStore) throws SQLException {
    long end = System.nanoTime() + WITHIN.toNanos();
    List<String> prepared = database.texts(PREPARED);
    List<EntryWrite> waiting = Retries.with(() -> crossStore.waiting(1));
    while (!(prepared.isEmpty() && waiting.isEmpty()) && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(PAUSE_NANOS);
      prepared = database.texts(PREPARED);
      waiting = Retries.with(() -> crossStore.waiting(1));
    }
    prepared.forEach(id -> tally.add(new Fault(Kind.HALF_DONE, "still prepared: " + id)));
    waiting.forEach(write -> tally.add(new Fault(Kind.HALF_DONE, "still waits: " + write)));
  }

  private static Optional<String> value(
      Persistence persistence, StateType<String> type, AgentId owner, String key) {
    StateKey full = StateKey.of(owner, key).withType(type.name());
    return Retries.with(() -> persistence.states(type).find(full)).map(Versioned::value);
  }
}
