package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.crdt.Crdt;
import io.mistersmith.persistence.crdt.OrSet;
import io.mistersmith.persistence.crdt.PnCounter;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Entry;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.operations.Consistency;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Compares what is in the stores with what was promised. */
final class Verification {

  private static final List<Space> IN_POSTGRES =
      List.of(
          Space.OWNED, Space.MEMBER, Space.EXPIRING, Space.SHARED, Space.RESOLVED, Space.REGISTRY);
  private static final Duration FLUSHED_WITHIN = Duration.ofMinutes(2);

  private final SoakInstallation installation;
  private final Database database;
  private final Ledger ledger;
  private final Tally tally;
  private final DurableChecks durable;
  private final CheckpointPromises checkpoints;
  private final TransferPromises transfers;
  private final CoordinationPromises coordinated;

  Verification(
      SoakInstallation installation,
      Database database,
      Ledger ledger,
      Tally tally,
      DurableChecks durable,
      CheckpointPromises checkpoints,
      TransferPromises transfers,
      CoordinationPromises coordinated) {
    this.installation = installation;
    this.database = database;
    this.ledger = ledger;
    this.tally = tally;
    this.durable = durable;
    this.checkpoints = checkpoints;
    this.transfers = transfers;
    this.coordinated = coordinated;
  }

  /** Checks the promises that hold at any time; none when PostgreSQL is away. */
  void early() {
    try {
      wentBack();
      durable.check();
      transfers.checkBalances();
      database
          .rows()
          .forEach(
              (key, found) ->
                  ledger.judge(key, promise -> promise.judgeEarly(found)).ifPresent(tally::add));
    } catch (SQLException away) {
      return;
    }
  }

  private void wentBack() throws SQLException {
    database.wentBack().forEach(what -> tally.add(new Fault(Kind.BACKWARD, what)));
  }

  /** Everything, once the runtimes have ended and both servers run. */
  void complete() throws SQLException {
    try (Persistence persistence = Retries.open(installation.config("soak-verification"))) {
      coordinated.judge(persistence);
      StateRepository<Object> states = persistence.states(Object.class);
      StateKey last = StateKey.of(World.SHARED, "last");
      Versioned<Object> saved = Retries.with(() -> states.save(last, "last"));
      states.awaitDurable(last, saved.revision(), FLUSHED_WITHIN);
      wentBack();
      durable.check();
      Map<String, Found> rows = database.rows();
      Map<String, Found> letters = database.deadLetters();
      for (Space space : IN_POSTGRES) {
        ledger.keys(space).forEach(key -> judge(key, rows));
      }
      ledger.keys(Space.REFUSED).forEach(key -> judge(key, letters));
      readAgain(persistence);
      log(persistence);
      RunTasks.settle(persistence.tasks(), database).forEach(tally::add);
      crdts();
      transfers.judge();
      checkpoints.judge(persistence.checkpoints());
      compare(persistence.operations().consistency());
      FeedCheck.judge(persistence.changes(), installation, tally);
    }
  }

  private void judge(String key, Map<String, Found> found) {
    ledger
        .judge(key, promise -> promise.judge(found.getOrDefault(key, Found.NOTHING)))
        .ifPresent(tally::add);
  }

  /** As a new process reads it: hydrated, or still in KV. */
  private void readAgain(Persistence persistence) {
    StateRepository<String> states = persistence.states(String.class);
    for (Space space :
        List.of(Space.OWNED, Space.MEMBER, Space.EXPIRING, Space.SHARED, Space.RESOLVED)) {
      ledger.keys(space).forEach(key -> read(states, key));
    }
    StateRepository<String> sessions =
        persistence.states(StateType.untyped(String.class).in(DataType.SESSION_DATA));
    ledger.keys(Space.SESSION).forEach(key -> read(sessions, key));
    StateRepository<Object> documents = persistence.states(Object.class);
    World.owners().forEach(owner -> specimens(documents, owner));
  }

  /** The whole log that all appended to. */
  private void log(Persistence persistence) {
    Log<String> log = AppendToLog.log(persistence);
    List<Entry<String>> entries = new ArrayList<>();
    List<Entry<String>> page = Retries.with(() -> log.read(1, 500));
    while (!page.isEmpty()) {
      entries.addAll(page);
      long next = page.get(page.size() - 1).version() + 1;
      page = Retries.with(() -> log.read(next, 500));
    }
    AppendToLog.check(entries).forEach(tally::add);
  }

  /** The documents of this owner, as a new process reads them. */
  private void specimens(StateRepository<Object> documents, AgentId owner) {
    for (StateKey key : Retries.with(() -> documents.keys(owner, "d"))) {
      Retries.with(() -> documents.find(key))
          .ifPresent(
              read -> {
                tally.compared(read.layer());
                Specimen.judge(key + " from " + read.layer(), read.value()).ifPresent(tally::add);
              });
    }
  }

  private void read(StateRepository<String> states, String key) {
    Optional<Versioned<String>> read = Retries.with(() -> states.find(World.key(key)));
    Optional<Revision> revision = read.map(Versioned::revision);
    Found found = new Found(revision, read.map(version -> Actor.idOf(version.value())));
    ledger.judge(key, promise -> promise.judge(found)).ifPresent(tally::add);
  }

  /** Nothing is in flight any more: the stores agree. */
  private void compare(Consistency consistency) {
    Retries.with(() -> consistency.check(CheckScope.everything())).inconsistencies().stream()
        .filter(Compare::isBroken)
        .forEach(found -> tally.add(Compare.fault(found)));
  }

  private void crdts() throws SQLException {
    for (String key : ledger.counters()) {
      Optional<Crdt<?>> row = database.crdt(key);
      long count = row.map(crdt -> ((PnCounter) crdt).value()).orElse(0L);
      ledger.judgeCrdt(key, promise -> promise.judgeCount(count)).ifPresent(tally::add);
    }
    for (String key : ledger.sets()) {
      Optional<Crdt<?>> row = database.crdt(key);
      Set<String> elements =
          row.map(crdt -> ((OrSet) crdt).value()).orElse(Set.of()).stream()
              .map(Object::toString)
              .collect(Collectors.toSet());
      ledger.judgeCrdt(key, promise -> promise.judgeElements(elements)).ifPresent(tally::add);
    }
  }
}
