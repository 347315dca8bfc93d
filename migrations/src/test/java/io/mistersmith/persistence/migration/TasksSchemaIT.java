package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Constraints and triggers of the tasks' tables, and the archive. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class TasksSchemaIT extends OnMigratedDatabase {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  TasksSchemaIT(int majorVersion) {}

  private static String task(String type) throws SQLException {
    return single(
        "INSERT INTO tasks.queue (task_type) VALUES ('%s') RETURNING task_id".formatted(type));
  }

  private static void dependency(String task, String on) throws SQLException {
    database.execute(
        "INSERT INTO tasks.dependencies (task_id, depends_on_task_id) VALUES ('%s', '%s')"
            .formatted(task, on));
  }

  @Test
  @Exercises("tasks.queue stamp_times")
  void databaseSaysWhenATaskStartsAndEnds() throws SQLException {
    String id = task("stamped");
    String where = " WHERE task_id = '%s' RETURNING ".formatted(id);
    // The application's clock is behind: such a time would be refused.
    assertThat(
            single(
                "UPDATE tasks.queue SET status = 'running', started_at = created_at - INTERVAL '5"
                    + " ms'"
                    + where
                    + "started_at >= created_at AND completed_at IS NULL"))
        .isEqualTo("t");
    String started = single("SELECT started_at FROM tasks.queue WHERE task_type = 'stamped'");
    database.execute("UPDATE tasks.queue SET status = 'paused' WHERE task_id = '%s'".formatted(id));
    assertThat(single("UPDATE tasks.queue SET status = 'running'" + where + "started_at"))
        .isEqualTo(started);
    assertThat(
            single(
                "UPDATE tasks.queue SET status = 'failed', completed_at = created_at - INTERVAL '1"
                    + " h'"
                    + where
                    + "completed_at >= started_at"))
        .isEqualTo("t");
    assertThat(
            single(
                "UPDATE tasks.queue SET status = 'queued', retry_count = 1"
                    + where
                    + "completed_at IS NULL"))
        .isEqualTo("t");
  }

  @Test
  void taskFromElsewhereKeepsItsTimes() throws SQLException {
    assertThat(
            single(
                """
                INSERT INTO tasks.queue (task_type, status, created_at, started_at, completed_at)
                VALUES ('imported', 'completed', '2020-01-01Z', '2020-01-02Z', '2020-01-03Z')
                RETURNING started_at = '2020-01-02Z' AND completed_at = '2020-01-03Z'
                """))
        .isEqualTo("t");
    assertThat(
            single(
                """
                INSERT INTO tasks.queue (task_type, status, created_at)
                VALUES ('ahead', 'completed', now() + INTERVAL '1 h')
                RETURNING completed_at = created_at
                """))
        .isEqualTo("t");
  }

  @Test
  @Exercises("tasks.queue touch_updated_at")
  void changeOfATaskTouchesIt() throws SQLException {
    assertThat(
            single(
                """
                WITH old AS (
                  INSERT INTO tasks.queue (task_type, created_at, updated_at)
                  VALUES ('touched', '2020-01-01Z', '2020-01-01Z')
                  RETURNING task_id
                )
                SELECT task_id FROM old
                """))
        .isNotEmpty();
    assertThat(
            single(
                "UPDATE tasks.queue SET task_name = 'n' WHERE task_type = 'touched'"
                    + " RETURNING updated_at > '2020-01-01Z'"))
        .isEqualTo("t");
  }

  @ParameterizedTest
  @CsvSource({
    "idx_tasks_queue_estimated_duration, " + "extract(EPOCH FROM max_execution_time)::BIGINT < 60",
    "idx_tasks_queue_payload_gin, payload @> '{\"city\": \"Rome\"}'",
    "idx_tasks_queue_payload_specific, payload -> 'parameters' @> '{\"n\": 1}'",
  })
  void expressionIndexesServeTheirQueries(String index, String condition) throws SQLException {
    MigrationRunner.builder().dataSource(database.dataSource()).sets("task_search").build().apply();
    database.execute(
        """
        INSERT INTO tasks.queue (task_type, max_execution_time, payload)
        VALUES ('long', '200 years', '{"city": "Rome", "parameters": {"n": 1}}')
        """);
    assertThat(plan("SELECT * FROM tasks.queue WHERE " + condition))
        .anyMatch(line -> line.contains(index))
        .anyMatch(line -> line.contains("Index Cond:"));
  }

  @Test
  @Exercises({"tasks.dependencies refuse_dependency_cycle", "tasks.dependencies lock_dependencies"})
  void dependenciesFormNoCycle() throws SQLException {
    String first = task("cycle");
    String second = task("cycle");
    String third = task("cycle");
    String changes = "SELECT coalesce(max(changes), 0) FROM tasks.dependency_lock";
    long before = Long.parseLong(single(changes));
    dependency(second, first);
    dependency(third, second);
    dependency(third, first);
    assertThat(Long.parseLong(single(changes))).isBetween(before + 2, before + 3);

    assertRefused("no_dependency_cycle", cycle(first, third));
    assertRefused("no_dependency_cycle", cycle(first, second));
    assertRefused(
        "no_dependency_cycle",
        "UPDATE tasks.dependencies SET task_id = '%s', depends_on_task_id = '%s' WHERE task_id = '%s'"
            .formatted(first, third, second));
    // In one statement, so that neither row is ever the only one.
    String fourth = task("cycle");
    assertRefused(
        "no_dependency_cycle",
        "INSERT INTO tasks.dependencies (task_id, depends_on_task_id) VALUES"
            + " ('%1$s', '%2$s'), ('%2$s', '%1$s')".formatted(third, fourth));
  }

  private static String cycle(String task, String on) {
    return "INSERT INTO tasks.dependencies (task_id, depends_on_task_id) VALUES ('%s', '%s')"
        .formatted(task, on);
  }

  @ParameterizedTest
  @CsvSource({
    "pending, NULL, NULL",
    "queued, NULL, NULL",
    "running, NULL, NULL",
    "paused, NULL, NULL",
    "completed, now(), NULL",
    "failed, now(), no such city",
    "cancelled, now(), NULL"
  })
  void executionMayHaveEveryStatus(String status, String completed, String error) {
    assertThatCode(
            () ->
                database.execute(
                    """
                    INSERT INTO tasks.executions
                           (task_id, agent_id, status, completed_at, error_message)
                    VALUES ('%s', '%s', '%s', %s, nullif('%s', 'NULL'))
                    """
                        .formatted(task("every"), agent("every"), status, completed, error)))
        .doesNotThrowAnyException();
  }

  @Test
  @Exercises({"tasks.executions register_attempt", "tasks.executions change_attempt"})
  void attemptIsRecordedOnceInWhateverPartition() throws SQLException {
    String task = task("attempts");
    String agent = agent("attempting");
    String insert =
        "INSERT INTO tasks.executions (task_id, agent_id, execution_attempt, started_at)"
            + " VALUES ('%s', '%s', %%s, '%%s')".formatted(task, agent);
    database.execute(
        "CREATE TABLE tasks.executions_2001 PARTITION OF tasks.executions"
            + " FOR VALUES FROM ('2001-01-01Z') TO ('2002-01-01Z');"
            + insert.formatted(1, "2001-05-05Z"));
    assertRefused("execution_attempts_pkey", insert.formatted(1, "2026-05-05Z"));
    database.execute(insert.formatted(2, "2026-05-05Z"));
    assertRefused(
        "execution_attempts_pkey",
        "UPDATE tasks.executions SET execution_attempt = 1 WHERE task_id = '%s'".formatted(task));

    // A time that is corrected takes the row to another partition, and its attempt along.
    database.execute(
        "UPDATE tasks.executions SET started_at = '2026-01-01Z', execution_attempt = 3"
            + " WHERE task_id = '%s' AND execution_attempt = 1".formatted(task));
    assertThat(
            database.query(
                "SELECT concat_ws(' ', execution_attempt, extract(YEAR FROM a.started_at),"
                    + " e.tableoid::regclass) FROM tasks.executions AS e"
                    + " JOIN tasks.execution_attempts AS a USING (execution_id, execution_attempt)"
                    + " WHERE e.task_id = '%s' ORDER BY 1".formatted(task)))
        .containsExactly("2 2026 tasks.executions_default", "3 2026 tasks.executions_default");

    // A partition that is dropped frees no attempt.
    database.execute(insert.formatted(4, "2001-06-06Z") + "; DROP TABLE tasks.executions_2001");
    assertRefused("execution_attempts_pkey", insert.formatted(4, "2001-06-06Z"));
  }

  @Test
  void agentWithEndedExecutionsAndTasksCanBeDeleted() throws SQLException {
    String agent = agent("leaving");
    String task =
        single(
            """
            INSERT INTO tasks.queue (task_type, assigned_agent_id, created_by_agent_id)
            VALUES ('left', '%1$s', '%1$s') RETURNING task_id
            """
                .formatted(agent));
    database.execute(
        """
        INSERT INTO tasks.executions (task_id, agent_id, status, completed_at)
        VALUES ('%s', '%s', 'completed', now());
        DELETE FROM agents.registry WHERE agent_id = '%2$s'
        """
            .formatted(task, agent));

    assertThat(
            single(
                "SELECT num_nonnulls(q.assigned_agent_id, q.created_by_agent_id, e.agent_id)"
                    + " FROM tasks.queue AS q JOIN tasks.executions AS e USING (task_id)"
                    + " WHERE task_id = '%s'".formatted(task)))
        .isEqualTo("0");
  }

  @Test
  @Exercises("tasks.archive_completed")
  void finishedTasksMoveToTheArchiveWithTheirExecutions() throws SQLException {
    String parent = task("archived");
    String child = task("archived");
    String waiting = task("kept");
    String needed = task("kept");
    String young = task("kept");
    String agent = agent("archiving");
    dependency(waiting, needed);
    dependency(child, parent);
    database.execute(
        """
        UPDATE tasks.queue SET parent_task_id = '%1$s' WHERE task_id = '%2$s';
        INSERT INTO tasks.executions
               (task_id, agent_id, execution_attempt, status, completed_at, error_message)
        VALUES ('%2$s', '%4$s', 2, 'completed', now(), NULL),
               ('%2$s', '%4$s', 1, 'failed', now(), 'no such city');
        UPDATE tasks.queue SET created_at = '2020-01-01Z' WHERE task_id IN ('%1$s', '%2$s', '%3$s');
        UPDATE tasks.queue SET status = 'completed' WHERE task_id IN ('%1$s', '%2$s', '%3$s', '%5$s');
        UPDATE tasks.queue SET completed_at = '2020-02-02Z'
         WHERE task_id IN ('%1$s', '%2$s', '%3$s')
        """
            .formatted(parent, child, needed, agent, young));

    assertThat(single("SELECT tasks.archive_completed('1 day', 1)")).isEqualTo("1");
    assertThat(single("SELECT tasks.archive_completed('1 day')")).isEqualTo("1");
    assertThat(single("SELECT tasks.archive_completed('1 day')")).isEqualTo("0");
    assertThat(
            database.query(
                "SELECT concat_ws(' ', task_id, depends_on, parent_task_id) FROM tasks.archive"
                    + " WHERE task_type = 'archived' ORDER BY archived_at"))
        .containsExactlyInAnyOrder(parent + " {}", child + " {" + parent + "} " + parent);
    assertThat(
            database.query(
                "SELECT concat_ws(' ', e ->> 'execution_attempt', e ->> 'status') FROM"
                    + " tasks.archive, jsonb_array_elements(executions) WITH ORDINALITY AS x (e)"
                    + " WHERE task_id = '%s' ORDER BY ordinality".formatted(child)))
        .containsExactly("1 failed", "2 completed");
    assertThat(database.query("SELECT task_type FROM tasks.queue WHERE task_type = 'archived'"))
        .isEmpty();
    // One waits for it; one is young; one has not ended.
    assertThat(single("SELECT count(*) FROM tasks.queue WHERE task_type = 'kept'")).isEqualTo("3");
    assertThat(
            single("SELECT count(*) FROM tasks.executions WHERE task_id = '%s'".formatted(child)))
        .isEqualTo("0");
  }
}
