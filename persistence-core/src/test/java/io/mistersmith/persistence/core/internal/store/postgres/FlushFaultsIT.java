package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.core.internal.store.postgres.Changes.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A flush that loses a race or is cut off has applied all of its batch or nothing. */
@Tag("fault")
class FlushFaultsIT {

  private static final String BUCKET = "TEST";

  @Test
  void ofFourFlushersAtOnePositionExactlyOneApplies() {
    PostgresDatabase database = PostgresDatabase.create();
    List<PostgresStore> stores =
        IntStream.range(0, 4)
            .mapToObj(
                i -> PostgresDatabase.open(database.config().toBuilder().connections(0, 1).build()))
            .toList();
    AgentId agent = register(stores.get(0));
    JournalPosition position = start(stores.get(0));
    for (int round = 1; round <= 25; round++) {
      JournalPosition from = position;
      JournalPosition to = from.advancedTo(round, Changes.WRITTEN);
      List<Callable<ApplyResult>> flushes = new ArrayList<>();
      for (PostgresStore store : stores) {
        String value = String.valueOf(stores.indexOf(store));
        long sequence = round;
        flushes.add(
            () ->
                store
                    .sql()
                    .journals()
                    .apply(from, to, List.of(put(agent, "k", value, from.epoch(), sequence))));
      }

      List<ApplyResult> results = Concurrently.run(flushes);

      assertThat(results).filteredOn(ApplyResult.Applied.class::isInstance).hasSize(1);
      assertThat(results).filteredOn(ApplyResult.PositionMoved.class::isInstance).hasSize(3);
      int winner = results.indexOf(new ApplyResult.Applied(List.of()));
      assertThat(database.query("SELECT state_value FROM agents.state"))
          .containsExactly(String.valueOf(winner));
      position = stores.get(0).sql().journals().position(BUCKET).orElseThrow();
      assertThat(position.sequence()).isEqualTo(round);
    }
    stores.forEach(PostgresStore::close);
  }

  @Test
  void aConnectionKilledBeforeTheCommitLeavesNothing() throws Exception {
    PostgresDatabase database = PostgresDatabase.create();
    try (PostgresStore store = database.open();
        Connection other = database.connect();
        Statement lock = other.createStatement()) {
      AgentId agent = register(store);
      JournalPosition start = start(store);
      other.setAutoCommit(false);
      lock.execute("LOCK TABLE agents.state IN EXCLUSIVE MODE");

      CompletableFuture<Throwable> failure = applyInBackground(store, agent, start);
      terminateTheOneThatWaits(other, "wait_event_type = 'Lock'");

      assertConnectionFailed(failure);
      other.rollback();
      assertThat(store.sql().journals().position(BUCKET).orElseThrow().sequence()).isZero();
      assertThat(database.query("SELECT count(*) FROM agents.state")).containsExactly("0");
      assertThat(apply(store, agent, start)).isEqualTo(new ApplyResult.Applied(List.of()));
    }
  }

  @Test
  void aConnectionKilledInTheCommitIsUnknownAndThePositionTells() throws Exception {
    try (PostgresDatabase.Own own = PostgresDatabase.startOwn()) {
      PostgresDatabase database = own.database();
      try (PostgresStore store = database.open();
          Connection other = database.connect();
          Statement statement = other.createStatement()) {
        AgentId agent = register(store);
        JournalPosition start = start(store);
        // A commit now waits for a standby that never comes, after it was made durable here.
        statement.execute("SET synchronous_commit = local");
        statement.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        statement.execute("SELECT pg_reload_conf()");
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> database.query("SHOW synchronous_standby_names").contains("nobody"));

        CompletableFuture<Throwable> failure = applyInBackground(store, agent, start);
        terminateTheOneThatWaits(other, "wait_event = 'SyncRep'");

        assertConnectionFailed(failure);
        assertThat(store.sql().journals().position(BUCKET).orElseThrow().sequence()).isEqualTo(3);
        assertThat(database.query("SELECT count(*) FROM agents.state")).containsExactly("3");
      }
    }
  }

  @Test
  void aFlusherStoppedInItsMiddleIsCutOff() throws SQLException {
    PostgresDatabase database = PostgresDatabase.create();
    PostgresConfig impatient =
        database.config().toBuilder()
            .acquireTimeout(Duration.ofSeconds(5))
            .statementTimeout(Duration.ofSeconds(1))
            .build();
    try (PostgresStore stopped = PostgresDatabase.open(impatient);
        PostgresStore store = PostgresDatabase.open(impatient)) {
      AgentId agent = register(store);
      JournalPosition start = start(store);
      // As a process does that is stopped by a signal between two statements of its flush.
      Connection held = stopped.dataSource(PostgresRole.PRIMARY).getConnection();
      held.setAutoCommit(false);
      try (Statement move = held.createStatement()) {
        move.execute("UPDATE agents.journal_positions SET sequence = 3");
      }

      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptionsMatching(TransientPersistenceException.class::isInstance)
          .until(() -> apply(store, agent, start) instanceof ApplyResult.Applied);

      assertThat(catchThrowable(held::commit)).isInstanceOf(SQLException.class);
      held.close();
      assertThat(database.query("SELECT count(*) FROM agents.state")).containsExactly("3");
    }
  }

  @Test
  void aServerKilledAndRestartedIsUsedAgain() {
    try (PostgresDatabase.Own own = PostgresDatabase.startOwn()) {
      try (PostgresStore store = own.database().open()) {
        AgentId agent = register(store);
        JournalPosition start = start(store);
        own.server().kill();

        Throwable thrown = catchThrowable(() -> apply(store, agent, start));

        assertThat(thrown).isInstanceOf(TransientPersistenceException.class);
        own.server().restart();
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .ignoreExceptionsMatching(TransientPersistenceException.class::isInstance)
            .until(() -> apply(store, agent, start) instanceof ApplyResult.Applied);
        assertThat(store.sql().agents().find(agent)).isPresent();
      }
    }
  }

  private static AgentId register(PostgresStore store) {
    return store.sql().agents().save(Agent.of("worker", "one"), AgentStore.NONE).agent().id();
  }

  private static JournalPosition start(PostgresStore store) {
    return store
        .sql()
        .journals()
        .startEpoch(BUCKET, Optional.empty(), 1, Instant.parse("2026-03-01T09:00:00Z"), "first");
  }

  private static ApplyResult apply(PostgresStore store, AgentId agent, JournalPosition start) {
    return store
        .sql()
        .journals()
        .apply(
            start,
            start.advancedTo(3, Changes.WRITTEN),
            List.of(
                put(agent, "a", "1", start.epoch(), 1),
                put(agent, "b", "2", start.epoch(), 2),
                put(agent, "c", "3", start.epoch(), 3)));
  }

  private static CompletableFuture<Throwable> applyInBackground(
      PostgresStore store, AgentId agent, JournalPosition start) {
    return CompletableFuture.supplyAsync(
        () -> catchThrowable(() -> apply(store, agent, start)),
        task -> {
          Thread thread = new Thread(task, "flush-under-test");
          thread.setDaemon(true);
          thread.start();
        });
  }

  private static void terminateTheOneThatWaits(Connection other, String condition) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> terminated(other, condition) == 1);
  }

  private static int terminated(Connection other, String condition) throws SQLException {
    try (Statement statement = other.createStatement();
        var rows =
            statement.executeQuery(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    + " WHERE datname = current_database() AND pid <> pg_backend_pid() AND "
                    + condition)) {
      rows.next();
      return rows.getInt(1);
    }
  }

  private static void assertConnectionFailed(CompletableFuture<Throwable> failure)
      throws Exception {
    assertThat(failure.get(60, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            TransientPersistenceException.class,
            e -> {
              assertThat(e.error()).isEqualTo(DataError.CONNECTION_FAILED);
              assertThat(e).hasMessageContaining("the position tells");
            });
  }
}
