package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.spi.sql.TaskStore.Added;
import io.mistersmith.persistence.spi.sql.TaskStore.End;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tasks as rows, and what SQL beside the library does to them. */
class PostgresTaskStoreIT {

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static PostgresDatabase database;

  @SuppressWarnings("NullAway.Init")
  private static PostgresStore store;

  @BeforeAll
  static void open() {
    database = PostgresDatabase.create();
    store = database.open();
  }

  @AfterAll
  static void close() {
    store.close();
  }

  @BeforeEach
  void empty() {
    database.execute(
        "DELETE FROM tasks.queue; DELETE FROM tasks.ready; DELETE FROM tasks.leases;"
            + " DELETE FROM tasks.timers");
  }

  private static TaskStore tasks() {
    return store.sql().tasks();
  }

  private static UUID add(NewTask task) {
    return tasks().enqueue(List.of(new Added(UUID.randomUUID(), task))).get(0);
  }

  private static List<TaskLease> claim(int limit) {
    return tasks().claim(TaskClaim.of("w1", "job").withLimit(limit));
  }

  /** A trigger of the statement archives the task, as another session would after it. */
  @Test
  void aKeyThatIsFreedWhileATaskIsEnqueuedIsTakenByThatTask() {
    NewTask task = NewTask.of("job", Map.of()).withUniqueKey("key");
    UUID ended = add(task);
    assertThat(tasks().end(List.of(new End.Completed(claim(1).get(0), Map.of())))).hasSize(1);
    assertThat(add(task)).as("the key is taken").isEqualTo(ended);
    database.execute(
        """
        CREATE FUNCTION archive_ended() RETURNS TRIGGER LANGUAGE plpgsql AS
          $$ BEGIN DELETE FROM tasks.queue WHERE status = 'completed'; RETURN NULL; END $$;
        CREATE TRIGGER archive AFTER INSERT ON tasks.queue EXECUTE FUNCTION archive_ended()
        """);
    try {
      UUID next = add(task);
      assertThat(next).isNotEqualTo(ended);
      assertThat(tasks().find(next)).isPresent();
    } finally {
      database.execute("DROP TRIGGER archive ON tasks.queue; DROP FUNCTION archive_ended()");
    }
  }

  @Test
  void aTaskThatCannotBeReadFailsAndHoldsUpNoOther() {
    UUID first = add(NewTask.of("job", Map.of()));
    List<String> unreadable =
        database.query(
            """
            INSERT INTO tasks.queue (task_type, task_name, payload, metadata)
            VALUES ('job', '', '{}', '{}'), ('job', 'a', '[1]', '{}'),
                   ('job', 'b', '{}', ('{"n": 1' || repeat('0', 1500) || '}')::jsonb)
            RETURNING task_id
            """);
    UUID last = add(NewTask.of("job", Map.of()));
    assertThat(claim(9)).extracting(lease -> lease.task().id()).containsExactly(first, last);
    assertThat(unreadable).hasSize(3);
    assertThat(
            database.query(
                "SELECT status FROM tasks.executions" + " WHERE completed_at IS NOT NULL"))
        .hasSize(3)
        .containsOnly("failed");
    assertThat(database.query("SELECT task_id FROM tasks.queue WHERE status = 'failed'"))
        .containsExactlyInAnyOrderElementsOf(unreadable);
    assertThat(claim(9)).isEmpty();
  }

  @Test
  void aDependencyThatIsAddedWhileItsTargetIsWaitedForIsCancelledToo() throws Exception {
    UUID first = add(NewTask.of("job", Map.of()));
    UUID second = add(NewTask.of("then", Map.of()).after(first));
    TaskLease lease = claim(1).get(0);
    UUID[] third = new UUID[1];
    CompletableFuture<?>[] failing = new CompletableFuture<?>[1];
    Optional<Object> unused =
        store
            .sql()
            .inTransaction(
                SqlOptions.of("enqueue"),
                unit -> {
                  third[0] =
                      unit.tasks()
                          .enqueue(
                              List.of(
                                  new Added(
                                      UUID.randomUUID(),
                                      NewTask.of("then", Map.of()).after(second))))
                          .get(0);
                  failing[0] =
                      CompletableFuture.runAsync(
                          () ->
                              tasks()
                                  .end(List.of(new End.Failed(lease, "broken", Optional.empty()))));
                  await()
                      .atMost(Duration.ofSeconds(5))
                      .until(
                          () ->
                              !database
                                  .query("SELECT 1 FROM pg_locks WHERE NOT granted")
                                  .isEmpty());
                  return Optional.empty();
                });
    failing[0].get(60, TimeUnit.SECONDS);
    assertThat(unused).isEmpty();
    assertThat(tasks().find(second).orElseThrow().status()).isEqualTo(Task.Status.CANCELLED);
    assertThat(tasks().find(third[0]).orElseThrow().status()).isEqualTo(Task.Status.CANCELLED);
  }

  @Test
  void attemptsThatBeganAtTheSameTimeAreKeptApart() {
    database.execute(
        "INSERT INTO tasks.queue (task_type, created_at) VALUES ('job', now() + INTERVAL '1 min')");
    TaskLease first = claim(1).get(0);
    UUID id = first.task().id();
    assertThat(tasks().end(List.of(new End.Failed(first, "broken", Optional.of(Duration.ZERO)))))
        .hasSize(1);
    assertThat(tasks().end(List.of(new End.Completed(claim(1).get(0), Map.of("n", 2))))).hasSize(1);
    assertThat(tasks().executions(id))
        .extracting(Task.Execution::startedAt)
        .hasSize(2)
        .containsOnly(tasks().find(id).orElseThrow().startedAt().orElseThrow());
    assertThat(tasks().executions(id))
        .extracting(Task.Execution::status)
        .containsExactly(Task.Status.FAILED, Task.Status.COMPLETED);
  }

  @Test
  void aLimitPastTheLastDateHoldsUpNobody() {
    database.execute(
        "INSERT INTO tasks.queue (task_type, max_execution_time)"
            + " VALUES ('job', '300000 years'), ('job', '290000 years')");
    List<TaskLease> claimed = claim(9);
    assertThat(claimed)
        .hasSize(2)
        .allSatisfy(
            lease ->
                assertThat(lease.task().request().maxExecutionTime())
                    .contains(Duration.ofDays(365_250)));
    assertThat(tasks().tend(10)).isZero();
  }
}
