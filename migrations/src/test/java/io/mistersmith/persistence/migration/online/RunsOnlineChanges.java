package io.mistersmith.persistence.migration.online;

import io.mistersmith.persistence.migration.MigratedDatabases;
import io.mistersmith.persistence.migration.online.Pacing.Sleeper;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.postgresql.ds.PGSimpleDataSource;

/** A server with a migrated database; each test has tables of its own in the schema app. */
abstract class RunsOnlineChanges {
  /** Without pauses, and with time enough for any machine. */
  static final Pacing PATIENT =
      Pacing.defaults()
          .withPause(Duration.ZERO)
          .withBatchTime(Duration.ofSeconds(1), Duration.ofSeconds(60));

  static final Sleeper NO_SLEEP = duration -> {};

  /** The structure of {@link #table} with wider columns in another order. */
  static final String WIDER = "id BIGINT PRIMARY KEY, n BIGINT NOT NULL, body TEXT NOT NULL";

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  static PGSimpleDataSource database;

  final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "online");
            thread.setDaemon(true);
            return thread;
          });

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    server = MigratedDatabases.server(majorVersion);
    database = MigratedDatabases.migrated(server, "online");
    database.setApplicationName("test");
    execute("CREATE SCHEMA app");
    // Waits until the test lets go of the lock of the same number.
    execute(
        """
        CREATE FUNCTION app.gate(number BIGINT, closed BIGINT) RETURNS INT LANGUAGE plpgsql AS $$
        BEGIN
          IF number = closed THEN
            PERFORM pg_advisory_xact_lock_shared(number);
          END IF;
          RETURN 1;
        END
        $$
        """);
  }

  @AfterEach
  void stopThreads() {
    threads.shutdownNow();
  }

  /** Connections like those of the database, by another name. */
  static PGSimpleDataSource named(String applicationName) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setURL(database.getURL());
    dataSource.setUser(database.getUser());
    dataSource.setPassword(database.getPassword());
    dataSource.setApplicationName(applicationName);
    return dataSource;
  }

  /** A table with the columns id, body and n, and rows 1 to {@code rows} with n = 0. */
  static String table(String name, int rows) throws SQLException {
    execute(
        """
        CREATE TABLE app.%1$s (id BIGINT PRIMARY KEY, body TEXT NOT NULL, n INT NOT NULL);
        INSERT INTO app.%1$s SELECT i, 'Row ' || i, 0 FROM generate_series(1, %2$d) i
        """
            .formatted(name, rows));
    return "app." + name;
  }

  /** A change that adds the column weight. */
  static OnlineColumn.Builder column(String table) {
    return OnlineColumn.builder()
        .dataSource(database)
        .table(table)
        .column("weight")
        .type("NUMERIC(10, 2)")
        .pacing(PATIENT)
        .sleeper(NO_SLEEP);
  }

  /** A change to the structure {@link #WIDER}. */
  static ShadowTable.Builder shadow(String table) {
    return ShadowTable.builder()
        .dataSource(database)
        .table(table)
        .definition(WIDER)
        .pacing(PATIENT)
        .sleeper(NO_SLEEP);
  }

  /** The state of the last change of a table. */
  static String state(String table) throws SQLException {
    return one(
        "SELECT state FROM migrations.online_changes WHERE table_name = '"
            + table
            + "' ORDER BY started_at DESC LIMIT 1");
  }

  static void execute(String sql) throws SQLException {
    try (Connection connection = database.getConnection()) {
      execute(connection, sql);
    }
  }

  static int execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
      return statement.getUpdateCount();
    }
  }

  /** The first column of each row as text. */
  static List<String> query(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (rows.next()) {
        values.add(String.valueOf(rows.getString(1)));
      }
      return values;
    }
  }

  static String one(String sql) throws SQLException {
    return query(sql).get(0);
  }

  /** Waits until a connection of that name waits for a lock. */
  static void awaitBlocked(String applicationName) {
    await(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            + " AND application_name = '"
            + applicationName
            + "'");
  }

  static void await(String condition) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> one(condition).equals("t"));
  }
}
