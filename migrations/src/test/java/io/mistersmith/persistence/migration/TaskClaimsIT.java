package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.util.PSQLException;

/** Tasks among several sessions: who gets them, and what two of them may not do together. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class TaskClaimsIT extends OnMigratedDatabase {
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "session");
            thread.setDaemon(true);
            return thread;
          });

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  TaskClaimsIT(int majorVersion) {}

  @BeforeEach
  void emptyQueue() throws SQLException {
    database.execute("DELETE FROM tasks.queue");
  }

  @AfterEach
  void stopThreads() {
    threads.shutdownNow();
  }

  private static String task(String columns, String values) throws SQLException {
    return single(
        "INSERT INTO tasks.queue (task_type, %s) VALUES ('claim', %s) RETURNING task_id"
            .formatted(columns, values));
  }

  @Test
  @Exercises("tasks.claim_next")
  void claimsWhatIsDueByUrgencyAndAge() throws SQLException {
    String agent = agent("claiming");
    String other = agent("other");
    task("scheduled_at", "now() + INTERVAL '1 h'");
    task("created_at, expires_at", "'2020-01-01Z', '2020-01-02Z'");
    task("status", "'paused'");
    task("assigned_agent_id", "'" + other + "'");
    String young = task("priority, created_at", "'normal', now() - INTERVAL '2 min'");
    String old =
        task("priority, created_at, status", "'normal', now() - INTERVAL '3 min', 'queued'");
    String urgent = task("priority, created_at", "'critical', now() - INTERVAL '1 min'");
    String mine = task("priority, assigned_agent_id", "'low', '" + agent + "'");
    database.execute("INSERT INTO tasks.queue (task_type, priority) VALUES ('other', 'critical')");

    String claim = "SELECT task_id FROM tasks.claim_next('%s', '{claim}', %d)";
    assertThat(database.query(claim.formatted(agent, 1))).containsExactly(urgent);
    assertThat(database.query(claim.formatted(agent, 9))).containsExactly(old, young, mine);
    assertThat(database.query(claim.formatted(agent, 9))).isEmpty();
    assertThat(
            database.query(
                "SELECT DISTINCT concat_ws(' ', status, started_at IS NOT NULL) FROM tasks.queue"
                    + " WHERE assigned_agent_id = '%s'".formatted(agent)))
        .containsExactly("running t");
    assertThat(database.query("SELECT task_type FROM tasks.claim_next('%s')".formatted(agent)))
        .containsExactly("other");
  }

  @ParameterizedTest
  @CsvSource({"completion, true", "data, true", "resource, true", "start, false"})
  void taskWaitsForWhatItDependsOn(String type, boolean waitsForTheEnd) throws SQLException {
    String agent = agent("waiting");
    String first = task("priority", "'low'");
    String second = task("priority", "'critical'");
    database.execute(
        "INSERT INTO tasks.dependencies (task_id, depends_on_task_id, dependency_type)"
            + " VALUES ('%s', '%s', '%s')".formatted(second, first, type));
    String claim = "SELECT task_id FROM tasks.claim_next('%s', NULL, 9)".formatted(agent);

    assertThat(database.query(claim)).containsExactly(first);
    if (waitsForTheEnd) {
      assertThat(database.query(claim)).isEmpty();
      database.execute(
          "UPDATE tasks.queue SET status = 'completed' WHERE task_id = '%s'".formatted(first));
    }
    assertThat(database.query(claim)).containsExactly(second);
  }

  @Test
  void noTaskIsClaimedTwice() throws Exception {
    database.execute(
        "INSERT INTO tasks.queue (task_type) SELECT 'many' FROM generate_series(1, 200)");
    List<Callable<List<String>>> claimers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      String claim =
          "SELECT task_id FROM tasks.claim_next('%s', NULL, 3)".formatted(agent("claimer " + i));
      claimers.add(
          () -> {
            List<String> mine = new ArrayList<>();
            List<String> claimed = database.query(claim);
            while (!claimed.isEmpty()) {
              mine.addAll(claimed);
              claimed = database.query(claim);
            }
            return mine;
          });
    }

    List<String> all = new ArrayList<>();
    for (Future<List<String>> mine : threads.invokeAll(claimers, 30, TimeUnit.SECONDS)) {
      all.addAll(mine.get());
    }

    Set<String> distinct = new HashSet<>(all);
    assertThat(all).hasSize(distinct.size()).hasSize(200);
  }

  @ParameterizedTest
  @CsvSource({
    "READ COMMITTED, 23514, no_dependency_cycle",
    "REPEATABLE READ, 40001, null",
    "SERIALIZABLE, 40001, null"
  })
  void twoSessionsCloseNoCycleTogether(String isolation, String sqlState, String constraint)
      throws Exception {
    String first = task("task_name", "'first'");
    String second = task("task_name", "'second'");
    String insert =
        "INSERT INTO tasks.dependencies (task_id, depends_on_task_id) VALUES ('%s', '%s')";

    assertSecondFails(
        isolation,
        insert.formatted(first, second),
        insert.formatted(second, first),
        sqlState,
        constraint);
  }

  @ParameterizedTest
  @CsvSource({
    "READ COMMITTED, 23505, execution_attempts_pkey",
    "REPEATABLE READ, 40001, null",
    "SERIALIZABLE, 40001, null"
  })
  void twoSessionsRecordNoAttemptTwice(String isolation, String sqlState, String constraint)
      throws Exception {
    String insert =
        "INSERT INTO tasks.executions (task_id, agent_id, started_at) VALUES ('%s', '%s', '%%s')"
            .formatted(task("task_name", "'once'"), agent("recording"));

    assertSecondFails(
        isolation,
        insert.formatted("2026-01-01Z"),
        insert.formatted("2026-01-02Z"),
        sqlState,
        constraint);
  }

  @Test
  void noMoreTasksAreArchivedThanAsked() throws SQLException {
    database.execute(
        """
        INSERT INTO tasks.queue (task_id, task_type, status, created_at, completed_at)
        SELECT ('eeeeeeee-0000-4000-8000-00000000000' || n)::uuid, 'chain', 'completed',
               '2020-01-01Z', '2020-01-02Z'
          FROM generate_series(1, 4) AS n;
        UPDATE tasks.queue SET parent_task_id = 'eeeeeeee-0000-4000-8000-000000000001'
         WHERE task_id = 'eeeeeeee-0000-4000-8000-000000000002';
        UPDATE tasks.queue SET parent_task_id = 'eeeeeeee-0000-4000-8000-000000000003'
         WHERE task_id = 'eeeeeeee-0000-4000-8000-000000000004'
        """);
    assertThat(single("SELECT tasks.archive_completed(p_limit => 3)")).isEqualTo("3");
    assertThat(single("SELECT tasks.archive_completed(p_limit => 3)")).isEqualTo("1");
  }

  @Test
  void taskThatSomebodyIsAboutToDependOnIsNotArchived() throws Exception {
    String needed =
        task("status, created_at, completed_at", "'completed', '2020-01-01Z', '2020-01-02Z'");
    String fresh = task("task_name", "'fresh'");
    try (Connection connection = begin("READ COMMITTED")) {
      run(
          connection,
          "INSERT INTO tasks.dependencies (task_id, depends_on_task_id) VALUES ('%s', '%s')"
              .formatted(fresh, needed));
      assertThat(database.query("SELECT tasks.archive_completed()")).containsExactly("0");
      connection.commit();
    }
    assertThat(database.query("SELECT tasks.archive_completed()")).containsExactly("0");
    database.execute("DELETE FROM tasks.dependencies");
    assertThat(database.query("SELECT tasks.archive_completed()")).containsExactly("1");
  }

  /** Both transactions begin before either commits; the second one waits, and fails. */
  private void assertSecondFails(
      String isolation, String first, String second, String sqlState, String constraint)
      throws Exception {
    try (Connection one = begin(isolation);
        Connection other = begin(isolation)) {
      run(one, first);
      Future<?> waiting =
          threads.submit(
              () -> {
                run(other, second);
                other.commit();
                return null;
              });
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  waiting.isDone()
                      || !database.query("SELECT pid FROM pg_locks WHERE NOT granted").isEmpty());
      one.commit();

      assertThatExceptionOfType(ExecutionException.class)
          .isThrownBy(() -> waiting.get(60, TimeUnit.SECONDS))
          .havingCause()
          .isInstanceOfSatisfying(
              PSQLException.class,
              e -> {
                assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo(sqlState);
                assertThat(constraintOf(e)).isEqualTo(constraint);
              });
    }
  }

  private static Connection begin(String isolation) throws SQLException {
    Connection connection = database.connect();
    connection.setAutoCommit(false);
    run(connection, "SET TRANSACTION ISOLATION LEVEL " + isolation);
    run(connection, "SELECT count(*) FROM tasks.dependencies");
    return connection;
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
