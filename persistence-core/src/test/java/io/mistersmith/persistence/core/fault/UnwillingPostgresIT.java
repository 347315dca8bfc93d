package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** PostgreSQL runs, but is slow, refuses everything for a while, or accepts no writes. */
@Tag("fault")
class UnwillingPostgresIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration STATEMENT = Duration.ofSeconds(2);

  /** Each takes 4 ms, so that one statement with all of them would take longer than it may. */
  private static final int SLOW_KEYS = Repetitions.of(4_000, 1_500);

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static FaultServers servers;

  @BeforeAll
  static void start() {
    servers = FaultServers.start();
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  @Tag("full")
  @Test
  void aSlowDatabaseIsNoOutage() {
    Installation installation = servers.installation();
    try (Persistence persistence = open(installation)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      states.save(StateKey.of(agent, "first"), 0L);
      persistence.lifecycle().flush(agent, SOON);
      installation.execute(
          """
          CREATE FUNCTION slow() RETURNS TRIGGER LANGUAGE plpgsql AS $$
          BEGIN
            PERFORM pg_sleep(0.004);
            RETURN NEW;
          END $$;
          CREATE TRIGGER slow BEFORE INSERT OR UPDATE ON agents.state
            FOR EACH ROW EXECUTE FUNCTION slow()
          """);
      Ledger ledger = new Ledger();
      long started = System.nanoTime();
      for (int i = 0; i < SLOW_KEYS; i++) {
        StateKey key = StateKey.of(agent, "k" + i);
        ledger.acknowledged(key, states.save(key, (long) i).revision(), i);
      }
      persistence.lifecycle().flush(agent, Duration.ofSeconds(60));
      installation.awaitAll(ledger);
      assertThat(persistence.operations().deadLetters().count()).isZero();
      installation.assertNothingWentBack();
      servers.report(
          "Slow",
          "keys=%d per_row=4ms statement_timeout=2s took=%dms"
              .formatted(SLOW_KEYS, Duration.ofNanos(System.nanoTime() - started).toMillis()));
    }
  }

  @Test
  void aRowThatIsLockedHoldsUpNobodyAndArrivesByItself() throws SQLException {
    Installation installation = servers.installation();
    try (Persistence persistence = open(installation)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      StateKey locked = StateKey.of(agent, "locked");
      states.save(locked, 1L);
      persistence.lifecycle().flush(agent, SOON);
      try (Connection other =
              DriverManager.getConnection(installation.jdbcUrl(), installation.user(), "");
          Statement statement = other.createStatement()) {
        other.setAutoCommit(false);
        statement.execute("SELECT 1 FROM agents.state WHERE state_key LIKE '%.locked' FOR UPDATE");
        Revision held = states.save(locked, 2L).revision();
        Revision last = held;
        StateKey key = locked;
        for (int i = 0; i < 200; i++) {
          key = StateKey.of(agent, "k" + i);
          last = states.save(key, (long) i).revision();
        }
        states.awaitDurable(key, last, SOON);
        assertThatThrownBy(() -> states.awaitDurable(locked, held, Duration.ofMillis(100)))
            .isInstanceOf(TransientPersistenceException.class)
            .hasMessageContaining("55P03");
        assertThatThrownBy(() -> persistence.lifecycle().flush(agent, Duration.ofMillis(100)))
            .isInstanceOf(TransientPersistenceException.class);
        other.rollback();
        states.awaitDurable(locked, held, SOON);
      }
      assertThat(installation.row(locked).number()).isEqualTo(2);
      assertThat(persistence.operations().deadLetters().count()).isZero();
      installation.assertNothingWentBack();
    }
  }

  @Tag("full")
  @Test
  void aStepWithALockedRowHoldsUpNobodyAndArrivesByItself() throws SQLException {
    Installation installation = servers.installation();
    try (Persistence persistence = open(installation)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateType<Long> counts = StateType.of("counts", Long.class);
      StateRepository<Long> states = persistence.states(counts);
      StateKey locked = StateKey.of(agent, "locked");
      states.save(locked, 1L);
      persistence.lifecycle().flush(agent, SOON);
      try (Connection other =
              DriverManager.getConnection(installation.jdbcUrl(), installation.user(), "");
          Statement statement = other.createStatement()) {
        other.setAutoCommit(false);
        statement.execute("SELECT 1 FROM agents.state WHERE state_key LIKE '%.locked' FOR UPDATE");
        persistence
            .step()
            .save(counts, StateKey.of(agent, "first"), 2L)
            .save(counts, locked, 2L)
            .save(counts, StateKey.of(agent, "more"), 2L)
            .commit();
        StateKey later = StateKey.of(agent, "later");
        states.awaitDurable(later, states.save(later, 3L).revision(), SOON);
        other.rollback();
        persistence.lifecycle().flush(agent, SOON);
      }
      assertThat(installation.row(locked.withType("counts")).number()).isEqualTo(2);
      await().atMost(SOON).until(() -> persistence.operations().deadLetters().count() == 0);
    }
  }

  @Tag("full")
  @Test
  void whatIsRefusedDuringMaintenanceWaitsForItsEnd() {
    Installation installation = servers.installation();
    try (Persistence persistence = open(installation)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      installation.execute(
          """
          CREATE FUNCTION closed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
          BEGIN
            RAISE EXCEPTION 'maintenance';
          END $$;
          CREATE TRIGGER closed BEFORE INSERT OR UPDATE ON agents.state
            FOR EACH ROW EXECUTE FUNCTION closed()
          """);
      Ledger ledger = new Ledger();
      for (int i = 0; i < 100; i++) {
        StateKey key = StateKey.of(agent, "k" + i);
        ledger.acknowledged(key, states.save(key, (long) i).revision(), i);
      }
      assertThatThrownBy(() -> persistence.lifecycle().flush(agent, Duration.ofSeconds(2)))
          .isInstanceOfSatisfying(
              TransientPersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.CONSTRAINT_VIOLATION))
          .hasMessageContaining("P0001");
      assertThat(persistence.operations().deadLetters().count()).isZero();
      installation.execute("DROP TRIGGER closed ON agents.state");
      persistence.lifecycle().flush(agent, Duration.ofSeconds(5));
      installation.awaitAll(ledger);
      assertThat(persistence.operations().deadLetters().count()).isZero();
    }
  }

  @Tag("full")
  @Test
  void noWaitEndsWellForADeadLetter() {
    Installation installation = servers.installation();
    try (Persistence persistence = open(installation)) {
      StateRepository<Long> states = persistence.states(Long.class);
      Agent late = Agent.of("fault", "registered late");
      StateKey bad = StateKey.of(late.id(), "bad");
      Revision refused = states.save(bad, 1L).revision();
      await().atMost(SOON).until(() -> persistence.operations().deadLetters().count() == 1);
      persistence.agents().save(late);
      states.save(StateKey.of(late.id(), "good"), 1L);

      assertDeadLettered(() -> persistence.lifecycle().flush(late.id(), SOON));
      assertDeadLettered(() -> states.awaitDurable(bad, refused, SOON));
      assertDeadLettered(() -> states.flush(bad, SOON));

      DeadLetters.Replay replay =
          persistence
              .operations()
              .deadLetters()
              .replayAll(DeadLetters.Filter.all().withSqlState("23503"));
      assertThat(replay.replayed()).isEqualTo(1);
      persistence.lifecycle().flush(late.id(), SOON);
      states.awaitDurable(bad, refused, SOON);
    }
  }

  private static void assertDeadLettered(Runnable wait) {
    assertThatThrownBy(wait::run)
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.DEAD_LETTERED));
  }

  @Tag("full")
  @Test
  void theFlushIsBackAtOnceWhenTheServerAcceptsWritesAgain() {
    Installation installation = servers.installation();
    try (Persistence persistence = open(installation)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      StateKey key = StateKey.of(agent, "key");
      states.save(key, 0L);
      persistence.lifecycle().flush(agent, SOON);

      demote(installation);
      Revision acknowledged = states.save(key, 1L).revision();
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThatThrownBy(
                          () -> states.awaitDurable(key, acknowledged, Duration.ofSeconds(1)))
                      .isInstanceOf(TransientPersistenceException.class)
                      .as("first the lost session is reported, then the refusal")
                      .hasMessageContaining("25006"));
      assertThatThrownBy(() -> persistence.agents().save(Agent.of("fault", "too early")))
          .isInstanceOf(TransientPersistenceException.class)
          .hasMessageContaining("25006");
      assertThat(persistence.operations().deadLetters().count()).isZero();
      promote(installation);

      long started = System.nanoTime();
      states.awaitDurable(key, acknowledged, Duration.ofSeconds(3));
      persistence.agents().save(Agent.of("fault", "again"));
      servers.report(
          "ReadOnly",
          "flush_back_after=" + Duration.ofNanos(System.nanoTime() - started).toMillis() + "ms");
    }
  }

  /**
   * As after a failover: sessions are cut, and those that begin now accept no writes, for as long
   * as they last.
   */
  private static void demote(Installation installation) {
    installation.execute(
        "ALTER DATABASE %s SET default_transaction_read_only = on".formatted(name(installation)));
    installation.execute(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()
        """);
  }

  private static void promote(Installation installation) {
    installation.execute(
        "BEGIN READ WRITE; ALTER DATABASE %s RESET default_transaction_read_only; COMMIT"
            .formatted(name(installation)));
  }

  private static String name(Installation installation) {
    return installation.query("SELECT quote_ident(current_database())").get(0);
  }

  private static Persistence open(Installation installation) {
    PersistenceConfig config = installation.config();
    return Persistence.open(
        config.toBuilder()
            .postgres(
                config.postgres().toBuilder()
                    .acquireTimeout(Duration.ofSeconds(2))
                    .statementTimeout(STATEMENT)
                    .build())
            .build());
  }
}
