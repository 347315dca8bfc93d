package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.BACKGROUND;
import static io.mistersmith.persistence.model.PostgresRole.FLUSH;
import static io.mistersmith.persistence.model.PostgresRole.MIGRATION;
import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.PostgresConfig.Pooler;
import io.mistersmith.persistence.core.SharedPooler;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import io.mistersmith.persistence.testkit.server.PgBouncerServer;
import io.mistersmith.persistence.testkit.server.PgBouncerServer.Mode;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A PgBouncer between the pools and the server: declared, not declared, and what others see. */
@Tag("contract")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PoolerIT {

  /** Of these it has fewer than two runtimes have pools. */
  private static final int SERVER_CONNECTIONS = 3;

  private static final String LIMITS =
      "SELECT current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')"
          + " || ' ' || current_setting('idle_in_transaction_session_timeout')"
          + " || ' ' || current_setting('synchronous_commit')"
          + " || ' ' || current_setting('work_mem')"
          + " || ' ' || current_setting('transaction_isolation') AS limits";

  private final PostgresDatabase database = PostgresDatabase.create();
  private final PgBouncerServer pooler =
      PgBouncerServer.start(TestServers.postgres(), Mode.TRANSACTION, SERVER_CONNECTIONS);

  @AfterAll
  void close() {
    pooler.close();
  }

  @Test
  void eachCallHasTheLimitsAndSettingsOfItsRole() {
    PostgresConfig config =
        declared().toBuilder()
            .allRoles(role -> role.setting("work_mem", "7MB"))
            .statementTimeout(Duration.ofMillis(1_500))
            .role(FLUSH, role -> role.lockTimeout(Duration.ofMillis(700)))
            .build();
    try (PostgresStore store = PostgresDatabase.open(config)) {
      Database callers = store.connections().to(PRIMARY);
      SqlOptions serializable = SqlOptions.of("test").withIsolation(Isolation.SERIALIZABLE);

      assertThat(callers.read("test", PoolerIT::limits))
          .isEqualTo("1500ms 10s 1500ms on 7MB read committed");
      assertThat(store.connections().to(FLUSH).read("test", PoolerIT::limits))
          .isEqualTo("1500ms 700ms 1500ms on 7MB read committed");
      assertThat(callers.snapshot("test", PoolerIT::limits))
          .isEqualTo("1500ms 10s 1500ms on 7MB repeatable read");
      assertThat(callers.transaction(serializable, twice(PoolerIT::limits)))
          .isEqualTo("1500ms 10s 1500ms on 7MB serializable");
      assertThat(callers.transaction(SqlOptions.of("test"), twice(PoolerIT::limits)))
          .isEqualTo("1500ms 10s 1500ms on 7MB read committed");
      String unit =
          store
              .sql()
              .inTransaction(
                  SqlOptions.of("test").withIdleLimit(Duration.ofSeconds(9)),
                  work -> work.query(LIMITS, Map.of()).get(0).get("limits", String.class));
      assertThat(unit).isEqualTo("1500ms 10s 9s on 7MB read committed");
      assertThatThrownBy(
              () -> callers.read("sleep", handle -> handle.execute("SELECT pg_sleep(9)")))
          .hasMessageContaining("SQLSTATE 57014");
    }
  }

  @Test
  void theSettingsTakeNoRoundTripOfTheirOwn() throws Exception {
    int calls = 50;
    // HikariCP tests a connection that was not used for half a second, on a slow machine.
    int slack = calls / 4;
    try (RoundTrips way = new RoundTrips(pooler.port())) {
      PostgresConfig declared = declared();
      PostgresConfig config =
          declared.toBuilder()
              .role(PRIMARY, role -> role.host("127.0.0.1:" + way.port()).connections(1, 1))
              .build();
      try (PostgresStore store = PostgresDatabase.open(config)) {
        Database callers = store.connections().to(PRIMARY);
        int begun = way.count();
        for (int i = 0; i < calls; i++) {
          assertThat(callers.read("test", PoolerIT::limits)).startsWith("30s");
        }
        assertThat(way.count() - begun).as("of reads").isBetween(calls, calls + slack);

        begun = way.count();
        for (int i = 0; i < calls; i++) {
          assertThat(callers.snapshot("test", PoolerIT::limits)).startsWith("30s");
        }
        assertThat(way.count() - begun)
            .as("of snapshots, each with a COMMIT")
            .isBetween(2 * calls, 2 * calls + slack);
      }
    }
  }

  @Test
  void nothingThatTwoRuntimesSetReachesAnotherClient() throws Exception {
    PostgresConfig config =
        declared().toBuilder().allRoles(role -> role.setting("work_mem", "7MB")).build();
    List<String> leaked = new ArrayList<>();
    try (Connection foreign = foreign();
        PostgresStore one = PostgresDatabase.open(config);
        PostgresStore other = PostgresDatabase.open(config)) {
      for (int i = 0; i < 100; i++) {
        for (PostgresStore store : List.of(one, other)) {
          work(store, i);
          leaked.addAll(set(foreign));
        }
      }
      assertThat(backends()).hasSizeBetween(1, SERVER_CONNECTIONS);
      leaked.addAll(setInAnyConnection());
    }
    leaked.addAll(setInAnyConnection());

    assertThat(leaked).as("settings that another client found").isEmpty();
  }

  private static void work(PostgresStore store, int i) {
    Database flush = store.connections().to(FLUSH);
    assertThat(flush.read("test", PoolerIT::limits)).startsWith("30s");
    assertThat(flush.transaction(SqlOptions.of("test"), PoolerIT::limits)).startsWith("30s");
    assertThat(store.connections().to(BACKGROUND).snapshot("test", PoolerIT::limits))
        .contains("repeatable read");
    boolean found =
        store
            .sql()
            .inTransaction(
                SqlOptions.of("test")
                    .withIsolation(Isolation.SERIALIZABLE)
                    .withDeadline(Duration.ofSeconds(5))
                    .withIdleLimit(Duration.ofSeconds(7))
                    .withApplicationName("agent_" + i)
                    .withCorrelationId("leak " + System.identityHashCode(store) + " " + i),
                unit -> unit.query("SELECT 1 AS one", Map.of()).size() == 1);
    assertThat(found).isTrue();
    assertThatThrownBy(() -> flush.read("fail", handle -> handle.execute("SELECT 1/0")))
        .hasMessageContaining("22012");
  }

  @Test
  void aPoolerThatIsNotDeclaredIsRefusedBeforeAnythingIsSet() {
    PostgresConfig silent = SharedPooler.through(database.config(), pooler);

    assertThatThrownBy(() -> PostgresDatabase.open(silent).close())
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
        .hasMessageContaining("answers at 127.0.0.1:" + pooler.port())
        .hasMessageContaining("PostgresConfig.Builder.pooler(TRANSACTION)");
    assertThatCode(() -> assertThat(setInAnyConnection()).isEmpty()).doesNotThrowAnyException();
  }

  @Test
  void preparedStatementsThatMeetAreToldWithTheSetting() {
    try (PgBouncerServer single =
        PgBouncerServer.start(TestServers.postgres(), Mode.TRANSACTION, 1)) {
      PostgresConfig wrong =
          SharedPooler.through(database.config(), single).toBuilder()
              .pooler(Pooler.SESSION)
              .build();

      assertThatThrownBy(() -> useOften(wrong))
          .isInstanceOfSatisfying(
              PersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
          .hasMessageMatching("(?s).*SQLSTATE (42P05|26000).*")
          .hasMessageContaining("127.0.0.1:" + single.port())
          .hasMessageContaining("PostgresConfig.Builder.pooler(TRANSACTION)");
    }
  }

  private static void useOften(PostgresConfig config) {
    try (PostgresStore store = PostgresDatabase.open(config)) {
      for (int i = 0; i < 100; i++) {
        for (PostgresRole role : List.of(PRIMARY, FLUSH, BACKGROUND)) {
          store.connections().to(role).read("test", PoolerIT::limits);
        }
      }
    }
  }

  @Test
  void aStartupParameterThatThePoolerRefusesIsNamed() {
    PostgresConfig config = SharedPooler.through(database.config(), pooler);
    PostgresConfig withSchema =
        config.toBuilder().jdbcUrl(config.jdbcUrl() + "?currentSchema=agents").build();

    assertThatThrownBy(() -> PostgresDatabase.open(withSchema).close())
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
        .hasMessageContaining("startup parameter search_path")
        .hasMessageContaining("PostgresConfig.Builder.pooler(TRANSACTION)");
  }

  @Test
  void aSettingThatTheServerRefusesFailsTheOpening() {
    PostgresConfig config =
        declared().toBuilder().allRoles(role -> role.setting("no_such_setting", "1")).build();

    assertThatThrownBy(() -> PostgresDatabase.open(config).close())
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
        .hasMessageContaining("[no_such_setting]");
  }

  @Test
  void theNoticeSaysWhatIsOff() {
    try (PostgresStore store = PostgresDatabase.open(declared())) {
      assertThat(store.notices())
          .singleElement()
          .asString()
          .startsWith("PostgreSQL 127.0.0.1:" + pooler.port())
          .contains("(primary, background, flush)", "no prepared statements");
    }
  }

  @Test
  void aPoolerOfSessionsIsNoticedUntilItIsDeclared() {
    try (PgBouncerServer sessions =
        PgBouncerServer.start(TestServers.postgres(), Mode.SESSION, 10)) {
      PostgresConfig config = SharedPooler.through(database.config(), sessions);
      try (PostgresStore store = PostgresDatabase.open(config)) {
        assertThat(store.notices())
            .singleElement()
            .asString()
            .contains("is reached through a pooler that is not declared");
      }
      PostgresConfig told = config.toBuilder().pooler(Pooler.SESSION).build();
      try (PostgresStore store = PostgresDatabase.open(told)) {
        assertThat(store.notices()).isEmpty();
      }
    }
  }

  @Test
  void theMigrationsAreRefusedThroughThePoolerAndGoPastIt() {
    PostgresDatabase empty = PostgresDatabase.createEmpty();
    PostgresConfig past =
        SharedPooler.through(empty.config(), pooler).toBuilder().pooler(Pooler.TRANSACTION).build();
    PostgresConfig through =
        past.toBuilder().role(MIGRATION, role -> role.jdbcUrl(past.jdbcUrl())).build();
    String otherName = past.jdbcUrl().replace("127.0.0.1", "localhost");
    PostgresConfig disguised =
        past.toBuilder().role(MIGRATION, role -> role.jdbcUrl(otherName)).build();
    PostgresConfig undeclared = through.toBuilder().pooler(Pooler.NONE).build();

    for (PostgresConfig refused : List.of(through, disguised, undeclared)) {
      assertThatThrownBy(() -> SchemaMigration.apply(refused))
          .isInstanceOfSatisfying(
              PersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
          .hasMessageContaining(
              "give PostgresRole.MIGRATION a URL that leads to the server itself");
    }
    SchemaMigration.apply(past);
    try (PostgresStore store = PostgresDatabase.open(past)) {
      assertThat(store.sql().journals().position("TEST")).isEmpty();
    }
  }

  private PostgresConfig declared() {
    return SharedPooler.through(database.config(), pooler).toBuilder()
        .pooler(Pooler.TRANSACTION)
        .build();
  }

  private static String limits(Handle handle) {
    return handle.createQuery(LIMITS).mapTo(String.class).one();
  }

  /** Runs it twice, to see whether the second statement has the same as the first. */
  private static <T> Function<Handle, T> twice(Function<Handle, T> work) {
    return handle -> {
      T first = work.apply(handle);
      assertThat(work.apply(handle)).isEqualTo(first);
      return first;
    };
  }

  /** A client that sets nothing by itself. */
  private Connection foreign() throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", pooler.user());
    properties.setProperty("password", pooler.password());
    properties.setProperty("assumeMinServerVersion", "15");
    properties.setProperty("prepareThreshold", "0");
    String url = database.config().jdbcUrl();
    return DriverManager.getConnection(
        pooler.jdbcUrl(url.substring(url.lastIndexOf('/') + 1)), properties);
  }

  /** What a client finds set, except what the pooler keeps for each client, and of each BEGIN. */
  private static List<String> set(Connection connection) throws SQLException {
    return strings(
        connection,
        """
        SELECT name || ' = ' || setting
          FROM pg_settings
         WHERE source = 'session'
           AND name NOT IN ('client_encoding', 'DateStyle', 'TimeZone', 'application_name',
                            'standard_conforming_strings', 'transaction_isolation',
                            'transaction_read_only', 'transaction_deferrable')
        """);
  }

  /** Holds all connections to the server at once, and asks each. */
  private List<String> setInAnyConnection() throws SQLException {
    List<String> found = new ArrayList<>();
    Map<String, Connection> held = new TreeMap<>();
    try {
      for (int i = 0; i < SERVER_CONNECTIONS; i++) {
        Connection connection = foreign();
        connection.setAutoCommit(false);
        found.addAll(set(connection));
        held.put(strings(connection, "SELECT pg_backend_pid()::text").get(0), connection);
      }
      assertThat(held).as("connections to the server").hasSize(SERVER_CONNECTIONS);
    } finally {
      for (Connection connection : held.values()) {
        connection.close();
      }
    }
    return found;
  }

  private List<String> backends() {
    return database.query(
        """
        SELECT pid FROM pg_stat_activity
         WHERE datname = current_database() AND backend_type = 'client backend'
           AND pid <> pg_backend_pid()
        """);
  }

  private static List<String> strings(Connection connection, String sql) throws SQLException {
    List<String> values = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }
}
