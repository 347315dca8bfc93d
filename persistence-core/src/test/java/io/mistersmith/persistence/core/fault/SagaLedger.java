package io.mistersmith.persistence.core.fault;

import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Starts the sagas of {@link TripSagas}, and compares how each ended with what it has left: rows, a
 * changed row, an entry in KV and the work of a {@link SagaParticipant}. Every second one finds an
 * entry that it has to restore.
 */
final class SagaLedger implements AutoCloseable {

  private static final Duration READABLE = Duration.ofSeconds(60);

  private static final String TABLES =
      """
      CREATE SCHEMA app;
      CREATE TABLE app.charges (n INTEGER NOT NULL);
      CREATE TABLE app.parcels (n INTEGER NOT NULL);
      CREATE TABLE app.seats (n INTEGER PRIMARY KEY, holder TEXT)
      """;

  private static final String BEFORE = "before";

  /** How a saga is to end, unless it is cancelled. */
  enum Way {
    /** All five steps are done. */
    DONE(""),
    /** A part of the last step is refused, so that the others are undone. */
    UNDONE("label"),
    /** The last of the steps in the opposite order is refused. */
    BACK("book");

    private final String refused;

    Way(String refused) {
      this.refused = refused;
    }
  }

  /** A saga that was started. */
  record Started(UUID run, int n, Way way) {}

  private final Installation installation;
  private final SagaParticipant participant;
  private final TripSagas sagas;
  private final Persistence persistence;
  private final StateRepository<String> notes;
  private final AgentId agent;
  private final List<String> problems = new ArrayList<>();
  private int last;

  /** Opens a runtime without a runner, on an installation that it adds its tables to. */
  SagaLedger(Installation installation, SagaParticipant participant, TripSagas sagas) {
    this.installation = installation;
    this.participant = participant;
    this.sagas = sagas;
    installation.execute(TABLES);
    persistence =
        Persistence.open(
            installation.config().toBuilder()
                .cache(CacheConfig.off())
                .waitForServers(READABLE)
                .build());
    notes = persistence.states(TripSagas.NOTES);
    agent = installation.register(persistence, 1).get(0);
  }

  Persistence persistence() {
    return persistence;
  }

  /** Returns the number of the next saga. */
  int nextNumber() {
    return last + 1;
  }

  Started start(Way way) {
    last++;
    installation.execute("INSERT INTO app.seats (n) VALUES (" + last + ")");
    if (hasNoteBefore(last)) {
      notes.save(noteKey(last), BEFORE);
    }
    UUID run =
        persistence
            .sagas()
            .start(
                way == Way.BACK ? sagas.back() : sagas.trip(),
                SagaStart.of(Map.of("n", last, "agent", agent.toString(), "fail", way.refused)));
    return new Started(run, last, way);
  }

  private static boolean hasNoteBefore(int n) {
    return n % 2 == 0;
  }

  private StateKey noteKey(int n) {
    return StateKey.of(agent, TripSagas.noteKey(n));
  }

  /** Returns whether a run has ended or stopped; false while PostgreSQL does not answer. */
  boolean isOver(UUID run) {
    return persistence
        .sagas()
        .find(run)
        .map(found -> found.state().isEnd() || found.state().isStopped())
        .orElse(false);
  }

  void awaitOver(Collection<Started> started, Duration patience) {
    for (Started saga : started) {
      await("saga " + saga)
          .atMost(patience)
          .pollInterval(Duration.ofMillis(20))
          .ignoreExceptions()
          .until(() -> isOver(saga.run()));
    }
  }

  SagaRun find(Started saga) {
    return persistence.sagas().find(saga.run()).orElseThrow();
  }

  /** Counts which sagas are wholly done, wholly undone, listed with a reason, or none of these. */
  Tally judge(Collection<Started> started, Duration takeover) {
    Tally tally = Tally.ofSagas(0, 0, 0, 0, takeover);
    for (Started saga : started) {
      Tally[] one = new Tally[1];
      await()
          .atMost(READABLE)
          .ignoreExceptions()
          .until(
              () -> {
                one[0] = judge(saga);
                return true;
              });
      tally = tally.plus(one[0]);
    }
    return tally;
  }

  private Tally judge(Started saga) {
    SagaRun run = find(saga);
    Map<String, Integer> left = effects(saga.n());
    if (run.state() == State.COMPLETED && left.values().stream().allMatch(count -> count == 1)) {
      return Tally.ofSagas(1, 0, 0, 0, Duration.ZERO);
    }
    if (run.state() == State.COMPENSATED && left.values().stream().allMatch(count -> count == 0)) {
      return Tally.ofSagas(0, 1, 0, 0, Duration.ZERO);
    }
    if (run.state().isStopped() && isListed(run)) {
      return Tally.ofSagas(0, 0, 1, 0, Duration.ZERO);
    }
    problems.add(
        "%s is %s, reason %s, left %s, log %s"
            .formatted(saga, run.state(), run.reason(), left, log(saga)));
    return Tally.ofSagas(0, 0, 0, 1, Duration.ZERO);
  }

  private boolean isListed(SagaRun run) {
    return run.reason().filter(why -> !why.isBlank()).isPresent()
        && persistence
            .sagas()
            .find(SagaQuery.all().withState(run.state()).withLimit(SagaQuery.MAX_LIMIT))
            .contains(run);
  }

  /** Returns for each step's effect how often it is there; -1 where something else is. */
  Map<String, Integer> effects(int n) {
    Map<String, Integer> effects = new LinkedHashMap<>();
    effects.put("book", participant.count(TripSagas.work("book", n)));
    effects.put("label", participant.count(TripSagas.work("label", n)));
    effects.put("charge", rows("app.charges", n));
    effects.put("pack", rows("app.parcels", n));
    effects.put("seat", seat(n));
    effects.put("note", note(n));
    return effects;
  }

  private int rows(String table, int n) {
    return Integer.parseInt(
        installation.query("SELECT count(*) FROM " + table + " WHERE n = " + n).get(0));
  }

  private int seat(int n) {
    String holder =
        installation.query("SELECT coalesce(holder, '') FROM app.seats WHERE n = " + n).get(0);
    if (holder.equals(TripSagas.newHolder(n))) {
      return 1;
    }
    return holder.isEmpty() ? 0 : -1;
  }

  private int note(int n) {
    Optional<String> value = notes.find(noteKey(n)).map(Versioned::value);
    if (value.equals(Optional.of(TripSagas.newNote(n)))) {
      return 1;
    }
    return value.equals(hasNoteBefore(n) ? Optional.of(BEFORE) : Optional.empty()) ? 0 : -1;
  }

  /** Returns the log of a saga, for messages. */
  List<String> log(Started saga) {
    return persistence.sagas().log(saga.run()).stream()
        .map(
            row ->
                row.event()
                    + row.step().map(step -> " " + step).orElse("")
                    + " run="
                    + row.run()
                    + row.reason().map(why -> " (" + why + ")").orElse(""))
        .toList();
  }

  /** Returns what was wrong with those that are half done. */
  List<String> problems() {
    return problems;
  }

  @Override
  public void close() {
    persistence.close();
  }
}
