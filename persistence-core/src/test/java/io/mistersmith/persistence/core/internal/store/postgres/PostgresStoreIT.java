package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.sql.AgentStore;
import java.io.IOException;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Opening, closing, deadlines, and how failures of a real server are typed. */
@Tag("contract")
class PostgresStoreIT {

  @Test
  void aMissingSchemaSaysWhatToDo() {
    PostgresDatabase empty = PostgresDatabase.createEmpty();

    PersistenceException failure = failure(empty::open);

    assertFailure(failure, DataError.MISCONFIGURED, false);
    assertThat(failure).hasMessageContaining("PostgresConfig.Builder.migrateOnOpen()");
    await("the sessions, which PostgreSQL ends a little later")
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () ->
                assertThat(
                        empty.query(
                            "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE"
                                + " 'runtime-%' AND datname = current_database()"))
                    .containsExactly("0"));
  }

  @Test
  void aDatabaseThatCannotHoldEveryKeyIsRefused() {
    PostgresDatabase database = PostgresDatabase.createEmpty();
    String name = "latin_" + UUID.randomUUID().toString().replace('-', '_');
    database.execute(
        "CREATE DATABASE %s ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0".formatted(name));
    String url = database.config().jdbcUrl().replaceFirst("/store_[0-9a-f_]+", "/" + name);
    PostgresConfig config = PostgresConfig.of(url, database.config().user());

    PersistenceException failure = failure(() -> PostgresDatabase.open(config));

    assertFailure(failure, DataError.MISCONFIGURED, false);
    assertThat(failure).hasMessageContaining("LATIN1").hasMessageContaining("ENCODING 'UTF8'");
  }

  @Test
  void aServerThatRefusesIsNotWaitedFor() throws IOException {
    int unused;
    try (ServerSocket socket = new ServerSocket(0)) {
      unused = socket.getLocalPort();
    }
    PostgresConfig config =
        PostgresConfig.of("jdbc:postgresql://127.0.0.1:" + unused + "/postgres", "nobody");
    long began = System.nanoTime();

    PersistenceException failure = failure(() -> PostgresDatabase.open(config));

    assertFailure(failure, DataError.CONNECTION_FAILED, true);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
  }

  @Test
  void anUnknownDatabaseAndAnUnprivilegedRoleAreToldApart() {
    PostgresDatabase database = PostgresDatabase.create();
    String role = "weak_" + UUID.randomUUID().toString().replace('-', '_');
    database.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'weak'");
    PostgresConfig weak =
        PostgresConfig.builder(database.config().jdbcUrl(), role).password("weak").build();
    PostgresConfig nowhere =
        PostgresConfig.builder(database.config().jdbcUrl() + "_not", database.config().user())
            .password(database.config().password().orElse(Secret.of("")))
            .build();

    assertFailure(failure(() -> PostgresDatabase.open(weak)), DataError.ACCESS_DENIED, false);
    assertFailure(failure(() -> PostgresDatabase.open(nowhere)), DataError.MISCONFIGURED, false);
  }

  @Test
  void sessionsAreDurableAndHaveDeadlinesWhateverTheDatabaseSays() throws SQLException {
    PostgresDatabase database = PostgresDatabase.create();
    database.execute("ALTER ROLE CURRENT_USER SET synchronous_commit = off");
    database.execute("ALTER ROLE CURRENT_USER SET default_transaction_isolation = 'serializable'");
    try (PostgresStore store = database.open();
        Connection connection = store.dataSource(PostgresRole.PRIMARY).getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT current_setting('synchronous_commit'),"
                    + " current_setting('transaction_isolation'),"
                    + " current_setting('statement_timeout'),"
                    + " current_setting('idle_in_transaction_session_timeout')")) {
      row.next();
      assertThat(row.getString(1)).isEqualTo("on");
      assertThat(row.getString(2)).isEqualTo("read committed");
      assertThat(row.getString(3)).isEqualTo("30s");
      assertThat(row.getString(4)).isEqualTo("10s");
    } finally {
      database.execute("ALTER ROLE CURRENT_USER RESET ALL");
    }
  }

  @Test
  void aStatementThatWaitsTooLongIsTransient() throws SQLException {
    PostgresDatabase database = PostgresDatabase.create();
    PostgresConfig config =
        database.config().toBuilder()
            .acquireTimeout(Duration.ofSeconds(5))
            .statementTimeout(Duration.ofMillis(300))
            .build();
    try (PostgresStore store = PostgresDatabase.open(config);
        Connection other = database.connect();
        Statement lock = other.createStatement()) {
      other.setAutoCommit(false);
      lock.execute("LOCK TABLE agents.registry");

      assertFailure(
          failure(() -> store.sql().agents().find(AgentId.random())), DataError.TIMEOUT, true);
      other.rollback();
      assertThat(store.sql().agents().find(AgentId.random())).isEmpty();
    }
  }

  @Test
  void callersWhoUseUpTheirConnectionsDoNotStarveTheFlush() throws SQLException {
    PostgresDatabase database = PostgresDatabase.create();
    PostgresConfig config =
        database.config().toBuilder()
            .connections(0, 1)
            .acquireTimeout(Duration.ofMillis(300))
            .statementTimeout(Duration.ofSeconds(5))
            .build();
    try (PostgresStore store = PostgresDatabase.open(config)) {
      Connection held = store.dataSource(PostgresRole.PRIMARY).getConnection();

      assertFailure(
          failure(() -> store.sql().agents().find(AgentId.random())),
          DataError.POOL_EXHAUSTED,
          true);
      assertThat(store.sql().journals().position("TEST")).isEmpty();
      held.close();
      assertThat(store.sql().agents().find(AgentId.random())).isEmpty();
    }
  }

  @Test
  void failuresOfTheDatabaseAreTypedAndHoldNoValues() {
    PostgresDatabase database = PostgresDatabase.create();
    try (PostgresStore store = database.open()) {
      Agent orphan =
          Agent.of("worker", "secret-name")
              .withConfiguration(Map.of("token", "secret-token"))
              .withParent(AgentId.random());

      PersistenceException refused =
          failure(() -> store.sql().agents().save(orphan, AgentStore.ANY));

      assertFailure(refused, DataError.CONSTRAINT_VIOLATION, false);
      assertThat(refused)
          .hasMessageContaining(orphan.id().toString())
          .hasMessageContaining("SQLSTATE 23503")
          .hasMessageContaining("registry_parent_agent_id_fkey");
      for (Throwable t = refused; t != null; t = t.getCause()) {
        assertThat(t.toString()).doesNotContain("secret", orphan.parent().get().toString());
      }

      database.execute(
          "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS"
              + " $$ BEGIN RAISE SQLSTATE '40001'; END $$");
      database.execute(
          "CREATE TRIGGER lose BEFORE INSERT ON agents.registry FOR EACH ROW EXECUTE FUNCTION"
              + " lose()");
      assertFailure(
          failure(() -> store.sql().agents().save(Agent.of("worker", "two"), AgentStore.ANY)),
          DataError.TRANSACTION_CONFLICT,
          true);
    }
  }

  @Test
  void callsAfterCloseFailAsClosed() {
    PostgresStore store = PostgresDatabase.create().open();
    store.close();
    store.close();

    assertFailure(
        failure(() -> store.sql().agents().find(AgentId.random())), DataError.CLOSED, false);
    assertFailure(failure(() -> store.sql().journals().position("TEST")), DataError.CLOSED, false);
  }

  private static PersistenceException failure(ThrowingCallable call) {
    return catchThrowableOfType(PersistenceException.class, call);
  }

  private static void assertFailure(
      PersistenceException failure, DataError error, boolean isTransient) {
    assertThat(failure).isNotNull();
    assertThat(failure.error()).as(failure.getMessage()).isEqualTo(error);
    assertThat(failure.isTransient()).isEqualTo(isTransient);
  }
}
