package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Which thresholds there are, and what is reported when. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class MonitoringAlertsIT extends MonitorsSmallServer {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  MonitoringAlertsIT(int majorVersion) {}

  @Test
  void disabledCheckIsSilent() throws SQLException {
    database.execute("UPDATE monitoring.alert_thresholds SET enabled = FALSE");
    try {
      assertThat(database.query("SELECT metric_name FROM monitoring.check_alerts()")).isEmpty();
    } finally {
      database.execute("UPDATE monitoring.alert_thresholds SET enabled = TRUE");
    }
  }

  @Test
  void everyMetricOfTheSpecificationHasItsThresholds() throws SQLException {
    assertThat(
            database.query(
                """
                SELECT concat_ws(' ', metric_name, warning_threshold, critical_threshold,
                         check_interval)
                  FROM monitoring.alert_thresholds
                 WHERE metric_name = ANY ('{cache_hit_ratio, connection_pool_usage_percent,
                         deadlock_count_per_hour, disk_usage_percent, index_bloat_percent,
                         long_running_transactions_minutes, query_execution_time_ms,
                         replication_lag_seconds, table_bloat_percent}')
                 ORDER BY metric_name
                """))
        .containsExactly(
            "cache_hit_ratio 95 90 00:05:00",
            "connection_pool_usage_percent 70 85 00:00:30",
            "deadlock_count_per_hour 5 20 00:05:00",
            "disk_usage_percent 80 90 00:05:00",
            "index_bloat_percent 30 50 01:00:00",
            "long_running_transactions_minutes 30 60 00:05:00",
            "query_execution_time_ms 5000 10000 00:01:00",
            "replication_lag_seconds 5 30 00:00:10",
            "table_bloat_percent 40 60 01:00:00");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          alert_thresholds_metric_name_key | metric_name | 'cache_hit_ratio'
          valid_metric_name | metric_name | ''
          valid_check_interval | metric_name, check_interval | 'x', '0'
          valid_scope | metric_name, scope | 'x', 'galaxy'
          valid_pending_for | metric_name, pending_for | 'x', '-1 second'
          valid_threshold_order | metric_name, warning_threshold, critical_threshold | 'x', 2, 1
          valid_threshold_order | metric_name, warning_threshold, critical_threshold, lower_is_worse | 'x', 1, 2, TRUE
          """)
  void thresholdIsRefused(String constraint, String columns, String values) {
    assertRefused(
        constraint,
        "INSERT INTO monitoring.alert_thresholds (%s) VALUES (%s)".formatted(columns, values));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          valid_query_hash | '', now(), 1, 1, 1
          valid_execution_stats | 'h', now(), -1, 1, 1
          valid_execution_stats | 'h', now(), 1, -1, 1
          valid_execution_stats | 'h', now(), 1, 1, -1
          unique_query_hash_time | 'twice', '2026-01-01Z', 1, 1, 1
          """)
  void planIsRefused(String constraint, String values) {
    assertRefused(
        constraint,
        """
        INSERT INTO monitoring.query_plans (query_hash, captured_at, mean_exec_time_ms, calls,
               total_exec_time_ms, query_text, plan_json, execution_stats)
        SELECT %s, 'SELECT', '{}', '{}' FROM generate_series(1, 2)
        """
            .formatted(values));
  }

  @Test
  void sampleOfNegativeCountersIsRefused() {
    assertRefused(
        "valid_counters",
        "INSERT INTO monitoring.database_samples (deadlocks, blocks_hit, blocks_read)"
            + " VALUES (-1, 0, 0)");
  }

  @Test
  void changedThresholdIsTouched() throws SQLException {
    assertThat(
            database.query(
                """
                UPDATE monitoring.alert_thresholds SET notification_channels = '{mail}'
                 WHERE metric_name = 'disk_usage_percent' RETURNING updated_at > created_at
                """))
        .containsExactly("t");
  }

  @Test
  void whatCannotBeMeasuredIsUnknownWithItsReason() throws SQLException {
    database.execute("INSERT INTO monitoring.alert_thresholds (metric_name) VALUES ('moon_phase')");

    assertThat(alerts("disk_usage_percent", "query_execution_time_ms", "moon_phase"))
        .satisfiesExactly(
            disk -> assertThat(disk).startsWith("UNKNOWN disk").contains("SQL cannot see"),
            moon -> assertThat(moon).startsWith("UNKNOWN moon").contains("nothing here measures"),
            query -> assertThat(query).startsWith("UNKNOWN query").contains("is not installed"));
  }

  @Test
  void queriesThatAdviceNamesRun() throws SQLException {
    List<String> queries =
        database.query(
            """
            SELECT m[1]
              FROM monitoring.alert_thresholds,
                   regexp_matches(advice, '(SELECT [a-z_*, ]+ FROM [a-z_]+(?:\\.[a-z_]+)?(?:\\(\\d*\\))?)', 'g') AS m
            """);
    assertThat(queries).hasSizeGreaterThan(8).anyMatch(query -> query.contains("sagas.open"));
    for (String query : queries) {
      if (!query.contains("slow_statements") && !query.contains("recovery.")) { // optional sets
        assertThat(database.query("SELECT count(*) FROM (" + query + ") q")).hasSize(1);
      }
    }
  }

  @Test
  void lowRatioOfHitsIsWorse() throws SQLException {
    accessManyBlocks();
    threshold("cache_hit_ratio", "100.1", "1");
    assertThat(alerts("cache_hit_ratio"))
        .singleElement()
        .asString()
        .startsWith("WARNING cache_hit_ratio")
        .contains("100.1", "were in shared_buffers");

    accessManyBlocks();
    threshold("cache_hit_ratio", "2", "1");
    assertThat(alerts("cache_hit_ratio")).isEmpty();
  }

  /** So many that they are a ratio since any sample that another test has left. */
  private void accessManyBlocks() throws SQLException {
    database.execute(
        """
        DO $$
        BEGIN
          FOR i IN 1..500 LOOP
            PERFORM count(*) FROM pg_catalog.pg_attribute;
          END LOOP;
        END
        $$;
        SELECT pg_stat_force_next_flush()
        """);
  }

  @Test
  void realDeadlockIsCounted() throws Exception {
    database.execute(
        """
        DELETE FROM monitoring.database_samples;
        CREATE TABLE app.pair (id INT PRIMARY KEY, n INT);
        INSERT INTO app.pair VALUES (1, 0), (2, 0)
        """);
    assertThat(alerts("deadlock_count_per_hour"))
        .singleElement()
        .asString()
        .startsWith("UNKNOWN")
        .contains("no earlier sample");
    threshold("deadlock_count_per_hour", "1", "2");
    assertThat(alerts("deadlock_count_per_hour")).isEmpty();

    Connection one = open("one");
    Connection two = open("two");
    one.setAutoCommit(false);
    two.setAutoCommit(false);
    execute(one, "UPDATE app.pair SET n = 1 WHERE id = 1");
    execute(two, "UPDATE app.pair SET n = 2 WHERE id = 2");
    CompletableFuture<Void> first =
        CompletableFuture.runAsync(
            () -> updateAndEnd(one, "UPDATE app.pair SET n = 1 WHERE id = 2"));
    updateAndEnd(two, "UPDATE app.pair SET n = 2 WHERE id = 1");
    assertThat(first).succeedsWithin(Duration.ofSeconds(20));

    await("the victim's statistics")
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () ->
                assertThat(alerts("deadlock_count_per_hour"))
                    .singleElement()
                    .asString()
                    .startsWith("WARNING deadlock_count_per_hour 1")
                    .contains("1 deadlocks in the last 0 minutes"));
    // Over three hours the same deadlock is a third of one an hour.
    database.execute(
        "UPDATE monitoring.database_samples SET sampled_at = sampled_at - INTERVAL '3 hours'");
    assertThat(database.query("SELECT current_value FROM monitoring.measure_deadlocks_per_hour()"))
        .containsExactly("0.33");
  }

  private static void updateAndEnd(Connection connection, String sql) {
    try {
      execute(connection, sql);
      connection.rollback();
    } catch (SQLException e) {
      assertThat(e.getSQLState()).isEqualTo("40P01");
      rollBack(connection);
    }
  }

  private static void rollBack(Connection connection) {
    try {
      connection.rollback();
      execute(connection, "SELECT pg_stat_force_next_flush()");
      connection.rollback();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void samplesAreRareAndGoAfterADay() throws SQLException {
    database.execute(
        """
        DELETE FROM monitoring.database_samples;
        INSERT INTO monitoring.database_samples (sampled_at, deadlocks, blocks_hit, blocks_read)
        VALUES (now() - INTERVAL '25 hours', 0, 0, 0), (now() - INTERVAL '23 hours', 0, 0, 0)
        """);
    assertThat(
            database.query("SELECT monitoring.record_database_sample() FROM generate_series(1, 2)"))
        .containsExactly("t", "f");
    assertThat(database.query("SELECT count(*) FROM monitoring.database_samples"))
        .containsExactly("2");
    database.execute("DELETE FROM monitoring.database_samples");
    assertThat(
            database.query(
                "SELECT set_config('transaction_read_only', 'on', TRUE)"
                    + " || monitoring.record_database_sample()"))
        .containsExactly("onfalse");
  }

  @Test
  void countersOfAnotherAgeAreNotCompared() throws SQLException {
    database.execute(
        """
        DELETE FROM monitoring.database_samples;
        INSERT INTO monitoring.database_samples
               (sampled_at, deadlocks, blocks_hit, blocks_read, stats_reset)
        VALUES (now() - INTERVAL '1 hour', 0, 0, 0, '2020-01-01Z'),
               (now() - INTERVAL '1 hour 1 min', 1000000, 0, 0, NULL)
        """);
    assertThat(database.query("SELECT count(*) FROM monitoring.counted_since_last_hour()"))
        .containsExactly("0");
  }

  @Test
  void longTransactionsAreNamedPreparedOnesToo() throws SQLException {
    threshold("long_running_transactions_minutes", "0", "1000");
    Connection forgotten = open("forgetful");
    forgotten.setAutoCommit(false);
    execute(forgotten, "SELECT 1");
    assertThat(alerts("long_running_transactions_minutes"))
        .singleElement()
        .asString()
        .startsWith("WARNING")
        .contains("(forgetful), idle in transaction");
    forgotten.rollback();

    execute(forgotten, "CREATE TABLE app.limbo (a INT)");
    execute(forgotten, "PREPARE TRANSACTION 'limbo'");
    try {
      assertThat(alerts("long_running_transactions_minutes"))
          .singleElement()
          .asString()
          .contains("prepared transaction 'limbo'");
    } finally {
      forgotten.setAutoCommit(true);
      execute(forgotten, "ROLLBACK PREPARED 'limbo'");
    }
    assertThat(alerts("long_running_transactions_minutes"))
        .singleElement()
        .asString()
        .contains("no transaction is open");
  }

  @Test
  void bloatIsEstimatedOfWhatWasDeleted() throws SQLException {
    database.execute(
        """
        CREATE TABLE app.bloated (id BIGINT CONSTRAINT bloated_pkey PRIMARY KEY, filler TEXT)
          WITH (autovacuum_enabled = off);
        INSERT INTO app.bloated SELECT i, 'filler of row ' || i FROM generate_series(1, 100000) i;
        ANALYZE app.bloated
        """);
    assertThat(alerts("table_bloat_percent", "index_bloat_percent")).isEmpty();

    database.execute("DELETE FROM app.bloated WHERE id % 10 <> 0");
    database.execute("VACUUM ANALYZE app.bloated");

    assertThat(alerts("table_bloat_percent", "index_bloat_percent"))
        .satisfiesExactly(
            index ->
                assertThat(index).startsWith("CRITICAL index_bloat").contains("app.bloated_pkey"),
            table -> assertThat(table).startsWith("CRITICAL table_bloat").contains("app.bloated"));
    assertThat(
            database.query(
                """
                SELECT bloat_percent BETWEEN 88 AND 92 FROM monitoring.estimate_table_bloat()
                 WHERE table_name = 'bloated' AND table_bytes > 5000000
                UNION ALL
                SELECT bloat_percent BETWEEN 88 AND 92 FROM monitoring.estimate_index_bloat()
                 WHERE index_name = 'bloated_pkey' AND table_name = 'bloated'
                """))
        .containsExactly("t", "t");
    database.execute("DROP TABLE app.bloated");
  }

  @Test
  void primaryWithoutStandbyHasNoLag() throws SQLException {
    assertThat(
            database.query(
                "SELECT current_value || ' ' || detail FROM monitoring.measure_replication_lag()"))
        .containsExactly("0 no standby is connected");
    database.query("SELECT pg_create_physical_replication_slot('lost')");
    try {
      assertThat(alerts("replication_lag_seconds"))
          .singleElement()
          .asString()
          .startsWith("UNKNOWN")
          .contains("lost its consumer");
    } finally {
      database.query("SELECT pg_drop_replication_slot('lost')");
    }
  }
}
