package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The list of connections, and the alert about a full pool. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#ends")
class ConnectionMonitoringIT extends MonitorsSmallServer {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  ConnectionMonitoringIT(int majorVersion) {}

  @Test
  void oldestAndNewestConnectionAreWhatTheirNamesSay() throws SQLException {
    open("pair");
    open("pair");

    assertThat(
            database.query(
                """
                SELECT concat_ws(' ', connection_count, state, oldest_connection < newest_connection,
                         avg_connection_age_seconds > 0, database_name = current_database())
                  FROM monitoring.connection_stats WHERE application_name = 'pair'
                """))
        .containsExactly("2 idle t t t");
    assertThat(
            database.query(
                """
                SELECT concat_ws(' ',
                         array_agg(DISTINCT s.usename) = ARRAY[current_user],
                         count(*) < (SELECT count(*) FROM pg_stat_activity))
                  FROM monitoring.client_sessions s
                """))
        .as("without the server's own processes")
        .containsExactly("t t");
  }

  @Test
  void singleSessionIsNoHighRatio() throws SQLException {
    settled(
        () ->
            assertThat(health())
                .isEqualTo("application_pool 1 active 1 idle 0 in transaction 0 of 30 healthy {}"));
  }

  @Test
  void forgottenTransactionsAreToldFromIdleConnections() throws SQLException {
    for (int i = 0; i < 6; i++) {
      Connection connection = open("forgotten");
      connection.setAutoCommit(false);
      execute(connection, "SELECT 1");
    }
    open("idle");

    settled(
        () ->
            assertThat(health())
                .startsWith("application_pool 8 active 1 idle 1 in transaction 6 of 30 healthy")
                .contains("idle in transaction connections"));
  }

  @Test
  void manyActiveConnectionsAreAHighRatio() throws Exception {
    List<CompletableFuture<Void>> busy = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      Connection connection = open("busy");
      busy.add(CompletableFuture.runAsync(() -> sleepUntilCancelled(connection)));
      await("its statement")
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  database
                      .query(
                          "SELECT count(*) FROM monitoring.client_sessions WHERE state = 'active'"
                              + " AND application_name = 'busy'")
                      .equals(List.of(Integer.toString(busy.size()))));
    }

    settled(
        () -> assertThat(health()).contains(" 10 active 10 ", "High ratio of active connections"));

    database.query(
        "SELECT pg_cancel_backend(pid) FROM monitoring.client_sessions"
            + " WHERE application_name = 'busy'");
    assertThat(busy)
        .allSatisfy(future -> assertThat(future).succeedsWithin(Duration.ofSeconds(20)));
  }

  private static void sleepUntilCancelled(Connection connection) {
    try {
      execute(connection, "SELECT pg_sleep(60)");
    } catch (SQLException e) {
      assertThat(e.getSQLState()).isEqualTo("57014");
    }
  }

  @ParameterizedTest
  @CsvSource({"19,,healthy", "22,WARNING,healthy", "26,CRITICAL,warning", "28,CRITICAL,critical"})
  void fullPoolIsReported(int connections, String level, String health) throws SQLException {
    TestDatabase other = new TestDatabase(server);
    for (int i = 1; i < connections; i++) {
      open.add(i % 2 == 0 ? database.connect() : other.connect());
    }

    List<String> alerts = level == null ? List.of() : List.of(level);
    settled(() -> assertThat(health()).contains(" of 30 " + health + " "));
    settled(
        () ->
            assertThat(
                    database.query(
                        "SELECT alert_level FROM monitoring.check_connection_pool_alerts()"))
                .isEqualTo(alerts));
    settled(
        () ->
            assertThat(alerts("connection_pool_usage_percent"))
                .hasSameSizeAs(alerts)
                .allMatch(alert -> alert.startsWith(level + " "))
                .allMatch(alert -> alert.contains("%.1f".formatted(connections / 0.3))));
  }

  @Test
  void sessionsThatAreHiddenAreCountedAndSaidToBe() throws SQLException {
    open("other's");
    database.execute(
        """
        CREATE ROLE watcher LOGIN;
        GRANT USAGE ON SCHEMA monitoring TO watcher;
        GRANT SELECT ON ALL TABLES IN SCHEMA monitoring TO watcher
        """);
    KeptSessions.of(database).end();
    Connection connection = open("watcher");
    execute(connection, "SET ROLE watcher");

    settled(
        () ->
            assertThat(TestDatabase.query(connection, HEALTH))
                .singleElement()
                .asString()
                .startsWith("application_pool 2 ")
                .contains("The state of 2 connections is hidden from watcher"));
    assertThat(TestDatabase.query(connection, "SELECT count(*) > 0 FROM monitoring.check_alerts()"))
        .containsExactly("t");
  }

  /** A backend is counted until it has ended, a little after its connection. */
  private static void settled(ThrowingRunnable assertion) {
    await("the sessions' end").atMost(Duration.ofSeconds(60)).untilAsserted(assertion);
  }

  private static final String HEALTH =
      """
      SELECT format('%s %s active %s idle %s in transaction %s of %s %s %s', pool_name,
               total_connections, active_connections, idle_connections, idle_in_transaction,
               max_connections, health_status, recommendations)
        FROM monitoring.check_connection_pool_health()
      """;

  private static String health() throws SQLException {
    return database.query(HEALTH).get(0);
  }
}
