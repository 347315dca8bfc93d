package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Small servers without pg_stat_statements, one a version, with a migrated database each. */
abstract class MonitorsSmallServer {
  private static final Map<String, String> SETTINGS =
      Map.of("max_connections", "30", "max_prepared_transactions", "2", "deadlock_timeout", "20ms");

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  static TestDatabase database;

  final List<Connection> open = new ArrayList<>();

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    server =
        PostgresServer.start(
            PostgresOptions.defaults()
                .withMajorVersion(majorVersion)
                .withServerSettings(SETTINGS)
                .withoutSync());
    database = TestDatabase.migrated(server, "monitoring");
    database.execute(
        "CREATE SCHEMA app; CREATE TABLE app.defaults AS TABLE monitoring.alert_thresholds");
    awaitTheSessionsEnd();
  }

  @AfterParameterizedClassInvocation
  static void stopServer() {
    server.close();
  }

  @AfterEach
  void closeConnections() throws SQLException {
    database.execute(
        "TRUNCATE monitoring.alert_thresholds;"
            + " INSERT INTO monitoring.alert_thresholds TABLE app.defaults");
    for (Connection connection : open) {
      connection.close();
    }
    awaitTheSessionsEnd();
  }

  /** A backend is counted until it has ended, a little after its connection. */
  private static void awaitTheSessionsEnd() {
    await("the sessions' end")
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                database
                    .query("SELECT count(*) FROM monitoring.client_sessions")
                    .equals(List.of("1")));
  }

  final Connection open(String name) throws SQLException {
    Connection connection = database.connect();
    open.add(connection);
    connection.setClientInfo("ApplicationName", name);
    return connection;
  }

  static void threshold(String metric, String warning, String critical) throws SQLException {
    database.execute(
        """
        UPDATE monitoring.alert_thresholds
           SET warning_threshold = %s, critical_threshold = %s WHERE metric_name = '%s'
        """
            .formatted(warning, critical, metric));
  }

  static List<String> alerts(String... metrics) throws SQLException {
    return database.query(
        """
        SELECT concat_ws(' ', alert_level, metric_name, current_value, threshold_value, message)
          FROM monitoring.check_alerts('{%s}')
        """
            .formatted(String.join(",", metrics)));
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static void assertRefused(String constraint, String sql) {
    assertThatExceptionOfType(PSQLException.class)
        .isThrownBy(() -> database.execute(sql))
        .satisfies(
            e -> {
              ServerErrorMessage message = e.getServerErrorMessage();
              assertThat(message == null ? null : message.getConstraint()).isEqualTo(constraint);
            });
  }
}
