package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What is recorded of the sizes of tables, and of the runs of jobs. */
@ParameterizedClass(name = "PostgreSQL {0}")
@ValueSource(ints = {15, 18})
class UpkeepSchemaIT extends OnMigratedDatabase {
  private static final String GROWTH =
      """
      SELECT concat_ws(' ', g.grown_bytes > 1000000, g.bytes_per_day > g.grown_bytes)
        FROM monitoring.capacity_growth() AS g
       WHERE g.table_name = '%s'
      """;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  UpkeepSchemaIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    database = TestDatabase.migrated(MigratedDatabases.server(majorVersion), "monitoring");
  }

  @BeforeEach
  void empty() throws SQLException {
    database.execute("TRUNCATE monitoring.capacity_samples");
  }

  private static void record() throws SQLException {
    assertThat(database.query("SELECT monitoring.record_capacity() IS NOT NULL"))
        .containsExactly("t");
  }

  @Test
  void aPartitionedTableCountsWithItsPartitions() throws SQLException {
    database.execute(
        """
        CREATE SCHEMA demo;
        CREATE TABLE demo.log (id INTEGER, at TIMESTAMPTZ) PARTITION BY RANGE (at);
        CREATE TABLE demo.log_old PARTITION OF demo.log FOR VALUES FROM (MINVALUE) TO ('2026-01-01Z');
        CREATE TABLE demo.log_new PARTITION OF demo.log DEFAULT;
        """);
    fill();
    record();
    fill();
    record();
    assertThat(database.query(GROWTH.formatted("demo.log"))).containsExactly("t t");
    assertThat(database.query(GROWTH.formatted(""))).hasSize(1);
    assertThat(
            database.query(
                """
                SELECT table_name FROM monitoring.capacity_samples
                 WHERE table_name ~ 'log_old|log_new|pg_catalog|pg_toast'
                """))
        .as("partitions, and tables of the system")
        .isEmpty();
  }

  private static void fill() throws SQLException {
    database.execute(
        """
        INSERT INTO demo.log
        SELECT i, TIMESTAMPTZ '2025-12-01Z' + i * INTERVAL '1 minute'
          FROM generate_series(1, 100000) AS i;
        ANALYZE demo.log
        """);
  }

  @Test
  void asManyTablesAreMeasuredAsAreAskedFor() throws SQLException {
    database.execute("SELECT monitoring.record_capacity(3)");
    assertThat(database.query("SELECT count(*) FROM monitoring.capacity_samples"))
        .containsExactly("4");
    assertThat(database.query("SELECT since FROM monitoring.capacity_growth() LIMIT 1"))
        .as("what a first sample is compared with")
        .containsExactly("null");
  }

  @Test
  void aRunHasAnOutcomeWithItsTime() throws SQLException {
    String run = "INSERT INTO monitoring.job_runs (job_name, runtime, started_at, %s";
    assertRefused(
        "ended_run_took_time", run.formatted("outcome) VALUES ('a', 'r', now(), 'done')"));
    assertRefused(
        "valid_outcome", run.formatted("took, outcome) VALUES ('a', 'r', now(), '1s', 'x')"));
    assertRefused(
        "valid_job_name",
        "INSERT INTO monitoring.jobs (job_name, started_at) VALUES ('Not a name', now())");
  }
}
