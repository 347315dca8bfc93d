package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A backup or a drill that is overdue is an alert, where the set recovery is applied. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class BackupAlertsIT {
  private static final String ALERTS =
      """
      SELECT concat_ws(' ', alert_level, metric_name, current_value)
        FROM monitoring.check_alerts('{backup_allowed_ages, drill_allowed_ages}')
       ORDER BY metric_name
      """;

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  BackupAlertsIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void start(int majorVersion) {
    server = MigratedDatabases.server(majorVersion);
  }

  @Test
  void nothingIsKnownWithoutTheSet() throws SQLException {
    TestDatabase database = TestDatabase.migrated(server, "monitoring");
    assertThat(database.query(ALERTS))
        .containsExactly("UNKNOWN backup_allowed_ages", "UNKNOWN drill_allowed_ages");
    assertThat(
            database.query(
                """
                SELECT alert_when_unknown FROM monitoring.alert_thresholds
                 WHERE metric_name IN ('backup_allowed_ages', 'drill_allowed_ages')
                """))
        .containsExactly("f", "f");
  }

  @Test
  void whatIsOverdueIsAnAlertUntilItIsMade() throws SQLException {
    TestDatabase database = TestDatabase.migrated(server, "monitoring", "recovery");
    assertThat(database.query(ALERTS)).isEmpty();

    database.execute("UPDATE recovery.schedule SET since = now() - 1.5 * allowed_age");
    assertThat(database.query(ALERTS))
        .containsExactly("WARNING backup_allowed_ages 1.50", "WARNING drill_allowed_ages 1.50");

    database.execute(
        """
        UPDATE recovery.schedule SET since = now() - 2.5 * allowed_age;
        SELECT recovery.record_test_result('cross_system', now(), now());
        """);
    assertThat(database.query(ALERTS)).containsExactly("CRITICAL backup_allowed_ages 2.50");

    database.execute(
        """
        INSERT INTO recovery.backups (backup_id, kind, started_at, completed_at, bytes)
        VALUES ('b', 'daily', now(), now(), 1)
        """);
    assertThat(database.query(ALERTS)).isEmpty();
  }

  @Test
  void theQueryThatAdviceNamesRuns() throws SQLException {
    TestDatabase database = TestDatabase.migrated(server, "monitoring", "recovery");
    List<String> queries =
        database.query(
            """
            SELECT DISTINCT m[1]
              FROM monitoring.alert_thresholds,
                   regexp_matches(advice, '(SELECT [a-z_*, ]+ FROM recovery\\.[a-z_]+)', 'g') AS m
            """);
    assertThat(queries).isNotEmpty();
    for (String query : queries) {
      assertThat(database.query("SELECT count(*) FROM (" + query + ") q")).hasSize(1);
    }
  }

  @Test
  void whatNobodyExpectsIsNotKnown() throws SQLException {
    TestDatabase database = TestDatabase.migrated(server, "monitoring", "recovery");
    database.execute("UPDATE recovery.schedule SET enabled = FALSE WHERE what = 'drill'");
    assertThat(
            database.query("SELECT detail FROM monitoring.measure_threshold('drill_allowed_ages')"))
        .containsExactly("it is disabled in recovery.schedule");
  }
}
