package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.internal.script.BundledSets;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The bundled tables that are partitioned by time, with their constraints and triggers. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class RegisteredPartitionsIT {
  /** One row a table at a time, and a second one a month later. */
  private static final String ROWS =
      """
      INSERT INTO agents.registry (agent_id, agent_type, agent_name)
      VALUES ('11111111-1111-4111-8111-111111111111', 'w', 'one');
      INSERT INTO tasks.queue (task_id, task_type)
      VALUES ('22222222-2222-4222-8222-222222222222', 't');
      INSERT INTO agents.lifecycle_events (agent_id, event_type, created_at)
      SELECT '11111111-1111-4111-8111-111111111111', 'seen', now() + d * INTERVAL '1 day'
        FROM generate_series(0, 29) AS d;
      INSERT INTO tasks.executions (task_id, agent_id, execution_attempt, started_at)
      SELECT '22222222-2222-4222-8222-222222222222', '11111111-1111-4111-8111-111111111111',
             d + 1, now() + d * INTERVAL '1 day'
        FROM generate_series(0, 29) AS d;
      INSERT INTO messages.log (to_agent_id, message_type, sent_at)
      SELECT '11111111-1111-4111-8111-111111111111', 'command', now() + d * INTERVAL '1 day'
        FROM generate_series(0, 29) AS d;
      INSERT INTO tasks.archive
      SELECT (jsonb_populate_record(NULL::tasks.archive, to_jsonb(q) || jsonb_build_object(
                'task_id', gen_random_uuid(), 'status', 'completed', 'executions', '[]'::jsonb, 'depends_on', '[]'::jsonb,
                'archived_at', now(), 'completed_at', now() + d * INTERVAL '1 day'))).*
        FROM tasks.queue q, generate_series(0, 89) AS d
      """;

  private static final String COUNTS =
      """
      SELECT concat_ws(' ', (SELECT count(*) FROM agents.lifecycle_events),
                       (SELECT count(*) FROM messages.log), (SELECT count(*) FROM tasks.archive),
                       (SELECT count(*) FROM tasks.executions))
      """;

  private static final String IN_DEFAULT =
      """
      SELECT concat_ws(' ', (SELECT count(*) FROM agents.lifecycle_events_default),
                       (SELECT count(*) FROM messages.log_default),
                       (SELECT count(*) FROM tasks.archive_default),
                       (SELECT count(*) FROM tasks.executions_default))
      """;

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init") // set before each test
  private TestDatabase database;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  RegisteredPartitionsIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void startServer(int majorVersion) {
    server = MigratedDatabases.server(majorVersion);
  }

  @BeforeEach
  void migrate() throws SQLException {
    database = TestDatabase.migrated(server);
    database.execute(ROWS);
  }

  @Test
  void everyTableHasItsFirstPartitionsAndSettings() throws SQLException {
    assertThat(
            database.query(
                """
                SELECT concat_ws(' ', parent_schema, parent_table, period, ahead, retain,
                                 count(*) FILTER (WHERE NOT is_default),
                                 count(*) FILTER (WHERE now() >= from_at AND now() < to_at))
                  FROM partitions.settings JOIN partitions.overview USING (parent_schema, parent_table)
                 GROUP BY parent_schema, parent_table ORDER BY 1
                """))
        .containsExactly(
            "agents lifecycle_events day 7 30 days 3 1",
            "messages log day 7 30 days 3 1",
            "tasks archive month 1 2 1",
            "tasks executions day 7 30 days 3 1");
    assertThat(
            database.query(
                """
                SELECT reloptions FROM pg_class
                 WHERE oid IN (SELECT partition_name FROM partitions.bounds('tasks.executions')
                                WHERE NOT is_default)
                 GROUP BY 1
                """))
        .containsExactly(
            "{fillfactor=70,autovacuum_vacuum_scale_factor=0.05,"
                + "autovacuum_analyze_scale_factor=0.05}");
  }

  @Test
  void monthWithoutMaintenanceIsCaughtUpAndThenRetired() throws SQLException {
    assertThat(database.query(IN_DEFAULT)).isNotEqualTo("0 0 0 0");
    for (int runs = 0; runs < 3; runs++) {
      database.query("SELECT outcome FROM partitions.maintain(now() + INTERVAL '29 days')");
    }
    assertThat(database.query("SELECT DISTINCT last_outcome FROM partitions.settings"))
        .containsExactly("done");
    assertThat(database.query(COUNTS)).containsExactly("30 30 90 30");
    assertThat(
            database.query(
                IN_DEFAULT.replace("tasks.archive_default", "tasks.archive WHERE FALSE")))
        .containsExactly("0 0 0 0");
    assertThat(database.query("SELECT DISTINCT orphaned_at FROM messages.log"))
        .containsExactly("null");

    database.query("SELECT outcome FROM partitions.maintain(now() + INTERVAL '89 days')");
    assertThat(database.query(COUNTS)).containsExactly("0 0 90 0");
  }

  @Test
  void wayBackKeepsTheRows() throws SQLException {
    Migration registration =
        BundledSets.core().migrations().stream()
            .filter(script -> script.fileName().startsWith("V7.0.0"))
            .findAny()
            .orElseThrow();

    database.execute(registration.rollbackSql().orElseThrow());
    assertThat(database.query("SELECT * FROM partitions.settings")).isEmpty();
    assertThat(database.query(IN_DEFAULT)).containsExactly("30 30 90 30");

    database.execute(registration.sql());
    assertThat(database.query(COUNTS)).containsExactly("30 30 90 30");
    assertThat(
            database.query(
                "SELECT count(*) FROM tasks.executions_default WHERE started_at < now() + '1"
                    + " hour'"))
        .containsExactly("0");
  }
}
