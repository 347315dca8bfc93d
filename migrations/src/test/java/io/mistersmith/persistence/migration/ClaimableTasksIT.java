package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What claims look at, and the functions that the engine calls. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class ClaimableTasksIT extends OnMigratedDatabase {

  private static final String ROW =
      """
      SELECT concat_ws(' ', q.status, q.retry_count, q.blocked_by,
                       (SELECT count(*) FROM tasks.ready AS r WHERE r.position = q.position))
        FROM tasks.queue AS q WHERE q.task_id = '%s'
      """;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  ClaimableTasksIT(int majorVersion) {}

  @BeforeEach
  void emptyQueue() throws SQLException {
    database.execute(
        "DELETE FROM tasks.queue; DELETE FROM tasks.ready; DELETE FROM tasks.leases;"
            + " DELETE FROM tasks.timers");
  }

  private static String task(String columns, String values) throws SQLException {
    return single(
        "INSERT INTO tasks.queue (task_type, %s) VALUES ('job', %s) RETURNING task_id"
            .formatted(columns, values));
  }

  private static String task() throws SQLException {
    return task("task_name", "'one'");
  }

  private static String row(String task) throws SQLException {
    return single(ROW.formatted(task));
  }

  private static String claim(int limit, String lease) {
    return "SELECT task_id FROM tasks.claim('{job}', NULL, NULL, %d, 'w', '%s')"
        .formatted(limit, lease);
  }

  private static String end(String task, String error, String again) {
    return """
    SELECT f.held
      FROM tasks.queue,
           tasks.finish(ARRAY[task_id::UUID], ARRAY[token], ARRAY['{}'], ARRAY[%s],
                        ARRAY[%s::interval]) AS f
     WHERE task_id = '%s'
    """
        .formatted(error, again, task);
  }

  @Test
  @Exercises("tasks.has_own_key")
  void keysOfTasksAreOfAllWhereThereAreNoTenants() throws SQLException {
    String task = task("task_name", "'named'");
    assertThat(
            single(
                "SELECT tasks.has_own_key(q) FROM tasks.queue AS q WHERE task_id = '%s'"
                    .formatted(task)))
        .isEqualTo("t");
  }

  @Test
  @Exercises({"tasks.segment", "tasks.lane", "tasks.rank"})
  void placesAreSpreadOverSegmentsAndRankedByAge() throws SQLException {
    assertThat(
            database.query(
                "SELECT tasks.segment(n) FROM unnest('{0,2047,2048,6144,8191,8192}'::bigint[]) AS"
                    + " n"))
        .containsExactly("0", "0", "1", "3", "3", "0");
    assertThat(
            single(
                "SELECT tasks.lane('a', NULL) <> tasks.lane('b', NULL)"
                    + " AND tasks.lane('a', NULL) <> tasks.lane('a', gen_random_uuid())"))
        .isEqualTo("t");
    assertThat(
            database.query(
                """
                SELECT p FROM (VALUES ('low', '10:00Z'), ('normal', '10:09Z'), ('high', '10:31Z'),
                                      ('urgent', '12:00:30Z'), ('critical', '21:58Z')) AS v (p, t)
                 ORDER BY tasks.rank(p::tasks.task_priority_type, ('2026-01-01 ' || t)::timestamptz)
                """))
        .containsExactly("critical", "normal", "low", "urgent", "high");
  }

  @Test
  @Exercises({
    "tasks.queue want_place",
    "tasks.queue list_new_ready",
    "tasks.queue list_ready",
    "tasks.queue set_new_timers",
    "tasks.queue set_timers",
    "tasks.fire_timers"
  })
  void aTaskIsClaimableWhenItIsDue() throws SQLException {
    String now = task();
    assertThat(row(now)).isEqualTo("queued 0 0 1");
    String later = task("scheduled_at", "now() + INTERVAL '1 h'");
    assertThat(row(later)).isEqualTo("pending 0 0 0");
    database.execute(
        "UPDATE tasks.queue SET status = 'paused' WHERE task_id = '%s'".formatted(now));
    assertThat(row(now)).isEqualTo("paused 0 0 0");
    database.execute(
        "UPDATE tasks.queue SET status = 'queued' WHERE task_id = '%s'".formatted(now));
    assertThat(row(now)).isEqualTo("queued 0 0 1");
    assertThat(database.query(claim(9, "1 h"))).containsExactly(now);
    assertThat(single("SELECT tasks.fire_timers(9)")).isEqualTo("0");
    database.execute(
        """
        UPDATE tasks.timers SET at = now();
        ALTER TABLE tasks.queue DISABLE TRIGGER USER;
        UPDATE tasks.queue SET scheduled_at = now() WHERE scheduled_at IS NOT NULL;
        ALTER TABLE tasks.queue ENABLE TRIGGER USER
        """);
    assertThat(single("SELECT tasks.fire_timers(9)")).isEqualTo("1");
    assertThat(row(later)).isEqualTo("queued 0 0 1");
    database.execute(
        "UPDATE tasks.queue SET scheduled_at = now() + INTERVAL '1 h' WHERE task_id = '%s'"
            .formatted(later));
    assertThat(row(later)).isEqualTo("pending 0 0 0");
    assertThat(single("SELECT count(*) FROM tasks.timers")).isEqualTo("1");
  }

  @Test
  @Exercises({"tasks.take_ready", "tasks.claim", "tasks.renew_leases", "tasks.finish"})
  void aClaimHasALeaseUntilItsTasksHaveEnded() throws SQLException {
    String one = task();
    String two = task();
    assertThat(database.query(claim(9, "1 h"))).containsExactly(one, two);
    assertThat(database.query(claim(9, "1 h"))).isEmpty();
    assertThat(single("SELECT cardinality(task_ids) FROM tasks.leases")).isEqualTo("2");
    assertThat(single("SELECT count(*) FROM tasks.executions WHERE token IS NOT NULL"))
        .isEqualTo("2");
    assertThat(
            database.query(
                """
                SELECT tasks.renew_leases(array_agg(task_id::UUID), array_agg(token + n), '2 h')
                  FROM tasks.queue, generate_series(0, 1) AS n WHERE task_id = '%s'
                """
                    .formatted(one)))
        .as("the token is compared")
        .hasSize(1);
    assertThat(single("SELECT expires_at > now() + INTERVAL '90 min' FROM tasks.leases"))
        .isEqualTo("t");
    assertThat(database.query(end(one, "NULL", "NULL"))).containsExactly("1");
    assertThat(database.query(end(one, "NULL", "NULL"))).isEmpty();
    assertThat(single("SELECT count(*) FROM tasks.leases")).isEqualTo("1");
    assertThat(database.query(end(two, "'broken'", "'0 s'"))).containsExactly("1");
    assertThat(row(two)).isEqualTo("queued 1 0 1");
    assertThat(single("SELECT count(*) FROM tasks.leases")).isEqualTo("0");
    assertThat(
            database.query(
                "SELECT concat_ws(' ', status, error_message) FROM tasks.executions ORDER BY 1"))
        .containsExactly("completed", "failed broken");
  }

  @Test
  void aClaimStepsOverNothingThatIsNotItsOwn() throws SQLException {
    String agent = agent("another");
    String critical = "INSERT INTO tasks.queue (task_type, priority, %s) SELECT %s, 'critical', %s";
    for (String more :
        new String[] {
          critical.formatted("scheduled_at", "'job'", "now() + INTERVAL '1 h'"),
          critical.formatted("blocked_by", "'job'", "1"),
          critical.formatted("task_name", "'other'", "'n'"),
          critical.formatted("assigned_agent_id", "'job'", "'" + agent + "'::uuid")
        }) {
      database.execute(more + " FROM generate_series(1, 3000)");
    }
    database.execute("ANALYZE tasks.ready"); // and nothing is known of the queue
    String mine = task("priority", "'low'");
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      try (ResultSet claimed = statement.executeQuery(claim(9, "1 h"))) {
        assertThat(claimed.next()).isTrue();
        assertThat(claimed.getString(1)).isEqualTo(mine);
      }
      try (ResultSet read =
          statement.executeQuery(
              "SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables"
                  + " WHERE schemaname = 'tasks'")) {
        assertThat(read.next()).isTrue();
        assertThat(read.getLong(1)).isLessThan(20);
      }
      connection.rollback();
    }
  }

  @Test
  @Exercises({"tasks.take_over", "tasks.stop"})
  void whatIsLateIsTakenOverAndWhatIsStoppedIsNot() throws SQLException {
    String late = task();
    String overdue = task("max_execution_time", "'1 us'");
    assertThat(single("SELECT tasks.take_over(9)")).isEqualTo("0");
    database.query(claim(1, "0 s"));
    database.query(claim(1, "1 h"));
    assertThat(single("SELECT tasks.take_over(9)")).isEqualTo("2");
    assertThat(row(late)).isEqualTo("queued 1 0 1");
    assertThat(row(overdue)).isEqualTo("queued 1 0 1");
    database.query(claim(1, "0 s"));
    assertThat(database.query("SELECT tasks.stop(ARRAY['%s']::uuid[], 'enough')".formatted(late)))
        .containsExactly(late);
    assertThat(single("SELECT tasks.take_over(9)")).isEqualTo("0");
    assertThat(single("SELECT count(*) FROM tasks.leases")).isEqualTo("0");
    assertThat(row(late)).isEqualTo("cancelled 1 0 0");
  }

  @Test
  @Exercises({
    "tasks.is_met",
    "tasks.dependencies count_dependencies",
    "tasks.dependencies forget_dependency",
    "tasks.dependencies recount_dependency",
    "tasks.queue release_dependants"
  })
  void unmetDependenciesAreCounted() throws SQLException {
    String first = task();
    String second = task();
    String waiting = task();
    database.execute(
        "INSERT INTO tasks.dependencies (task_id, depends_on_task_id) VALUES ('%1$s', '%2$s'), ('%1$s', '%3$s')"
            .formatted(waiting, first, second));
    assertThat(row(waiting)).isEqualTo("pending 0 2 0");
    database.execute(
        "UPDATE tasks.queue SET status = 'completed' WHERE task_id = '%s'".formatted(first));
    assertThat(row(waiting)).isEqualTo("pending 0 1 0");
    database.execute(
        "UPDATE tasks.dependencies SET depends_on_task_id = '%s' WHERE depends_on_task_id = '%s'"
            .formatted(task(), second));
    assertThat(row(waiting)).isEqualTo("pending 0 1 0");
    database.execute("DELETE FROM tasks.dependencies");
    assertThat(row(waiting)).isEqualTo("queued 0 0 1");
    assertThat(
            single(
                "SELECT tasks.is_met('start', 'running', now()) AND tasks.is_met('resource',"
                    + " 'failed', NULL) AND NOT tasks.is_met('data', 'failed', now())"))
        .isEqualTo("t");
  }

  @Test
  @Exercises("tasks.recycle")
  void drainedSegmentsAreTruncatedThoughAnOldSnapshotIsOpen() throws SQLException {
    database.execute("VACUUM tasks.ready");
    try (Connection old = database.connect();
        Statement statement = old.createStatement()) {
      old.setAutoCommit(false);
      statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
      statement.execute("SELECT count(*) FROM agents.registry");
      database.execute(
          """
          ALTER SEQUENCE tasks.ready_positions RESTART WITH 4096;
          INSERT INTO tasks.queue (task_type) SELECT 'job' FROM generate_series(1, 1900);
          SELECT count(*) FROM tasks.claim('{job}', NULL, NULL, 1890, 'w', '1 h');
          SELECT setval('tasks.ready_positions', 8192)
          """);
      assertThat(single("SELECT pg_relation_size('tasks.ready_2') > 65536")).isEqualTo("t");
      database.execute("VACUUM tasks.ready");
      assertThat(single("SELECT pg_relation_size('tasks.ready_2') > 65536"))
          .as("the snapshot keeps the rows")
          .isEqualTo("t");
      assertThat(single("SELECT tasks.recycle()")).isEqualTo("0");
      assertThat(single("SELECT pg_relation_size('tasks.ready_2')")).isEqualTo("0");
      old.rollback();
    }
    assertThat(database.query(claim(99, "1 h"))).hasSize(10);
  }

  @Test
  void leasesThatLastMoveOutOfTheWay() throws SQLException {
    database.execute(
        """
        ALTER SEQUENCE tasks.lease_tokens RESTART WITH 4096;
        INSERT INTO tasks.queue (task_type) SELECT 'job' FROM generate_series(1, 1500);
        SELECT (SELECT count(*) FROM tasks.claim('{job}', NULL, NULL, 1, 'w', n * INTERVAL '1 h'))
          FROM generate_series(1, 1500) AS n;
        SELECT count(*)
          FROM (SELECT * FROM tasks.queue ORDER BY token DESC OFFSET 2) AS q,
               tasks.finish(ARRAY[q.task_id::UUID], ARRAY[q.token], '{NULL}', '{NULL}', '{NULL}');
        SELECT setval('tasks.lease_tokens', 8192)
        """);
    assertThat(single("SELECT tasks.recycle()")).isEqualTo("0");
    assertThat(single("SELECT pg_relation_size('tasks.leases_2')")).isEqualTo("0");
    assertThat(database.query("SELECT DISTINCT segment FROM tasks.leases")).containsExactly("4");
    assertThat(
            database.query(
                """
                SELECT tasks.renew_leases(array_agg(task_id::UUID), array_agg(token), '2 h')
                  FROM tasks.queue WHERE status = 'running'
                """))
        .hasSize(2);
    assertThat(
            single("SELECT count(*) FROM tasks.leases WHERE expires_at < now() + INTERVAL '3 h'"))
        .isEqualTo("2");
  }

  @Test
  void whatACancelledTaskLeftBehindIsTruncated() throws SQLException {
    database.execute("VACUUM tasks.ready");
    database.execute(
        """
        ALTER SEQUENCE tasks.ready_positions RESTART WITH 4096;
        INSERT INTO tasks.queue (task_type) SELECT 'job' FROM generate_series(1, 1900);
        UPDATE tasks.queue SET status = 'cancelled' WHERE position < 4096 + 1890;
        SELECT setval('tasks.ready_positions', 8192)
        """);
    assertThat(single("SELECT pg_relation_size('tasks.ready_2') > 65536")).isEqualTo("t");
    assertThat(single("SELECT tasks.recycle()")).isEqualTo("0");
    assertThat(single("SELECT pg_relation_size('tasks.ready_2')")).isEqualTo("0");
    assertThat(database.query(claim(99, "1 h"))).hasSize(10);
  }
}
