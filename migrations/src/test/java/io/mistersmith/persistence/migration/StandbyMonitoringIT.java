package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The lag of a real standby, seen from both ends. */
class StandbyMonitoringIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String LAG =
      "SELECT current_value || ' ' || detail FROM monitoring.measure_replication_lag()";

  @Test
  void standbyThatStopsReplayingIsReportedAtBothEnds() throws Exception {
    PostgresOptions options = PostgresOptions.defaults().withoutSync();
    try (PostgresServer primary = PostgresServer.start(options)) {
      TestDatabase database = TestDatabase.migrated(primary, "monitoring");
      try (PostgresStandby standby = primary.standby("second")) {
        reportsAtBothEnds(primary, standby, database);
      }
    }
  }

  private static void reportsAtBothEnds(
      PostgresServer primary, PostgresStandby standby, TestDatabase database) throws Exception {
    String url;
    try (Connection connection = database.connect()) {
      url = connection.getMetaData().getURL();
    }
    String standbyUrl =
        url.replace(":" + primary.port() + "/", ":" + standby.server().port() + "/");

    try (Connection second = DriverManager.getConnection(standbyUrl, standby.server().user(), "")) {
      database.execute("CREATE TABLE public.t (n INT)");
      await("the replay")
          .atMost(SOON)
          .untilAsserted(
              () -> {
                assertThat(query(second, "SELECT to_regclass('public.t')")).contains("t");
                assertThat(query(second, LAG))
                    .containsExactly("0 this standby has replayed all that it received");
              });
      standby.pauseReplay();
      database.execute("INSERT INTO public.t VALUES (1)");
      database.execute(
          "UPDATE monitoring.alert_thresholds SET warning_threshold = 0.5"
              + " WHERE metric_name = 'replication_lag_seconds'");

      await("the primary's alert")
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(
                          database.query(
                              "SELECT alert_level || ' ' || message FROM"
                                  + " monitoring.check_alerts('{replication_lag_seconds}')"))
                      .singleElement()
                      .asString()
                      .startsWith("WARNING replication_lag_seconds is ")
                      .endsWith(": second (streaming)"));
      assertThat(query(second, LAG))
          .singleElement()
          .asString()
          .endsWith(" this standby is behind its primary")
          .doesNotStartWith("0 ");
      assertThat(query(second, "SELECT alert_level FROM monitoring.check_alerts()"))
          .as("a standby can be checked, although nothing can be written there")
          .contains("UNKNOWN");

      primary.stop();
      await("the end of the stream")
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(query(second, LAG))
                      .singleElement()
                      .asString()
                      .endsWith(
                          "nothing streams to this standby, whose last replayed transaction"
                              + " is so old"));
    }
  }

  private static List<String> query(Connection connection, String sql) throws SQLException {
    return TestDatabase.query(connection, sql);
  }
}
