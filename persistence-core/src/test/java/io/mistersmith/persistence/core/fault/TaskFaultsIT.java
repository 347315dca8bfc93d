package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two worker processes run tasks, half of which depend on another one, while a fault is made again
 * and again. Each task is completed once, by the owner of its latest fencing token, and none is
 * lost.
 */
@Tag("fault")
@Tag("tasks")
class TaskFaultsIT {

  private static final Duration PATIENCE = Duration.ofMinutes(4);

  /** Records each completion, by any worker. */
  private static final String AUDIT =
      """
      CREATE TABLE audit.completions (task_id UUID NOT NULL, token BIGINT, latest BIGINT);
      CREATE FUNCTION audit.completed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO audit.completions
        SELECT NEW.task_id, NEW.token,
               (SELECT max(e.token) FROM tasks.executions AS e WHERE e.task_id = NEW.task_id);
        RETURN NULL;
      END $$;
      CREATE TRIGGER audit AFTER UPDATE OF status ON tasks.queue
        FOR EACH ROW WHEN (NEW.status = 'completed') EXECUTE FUNCTION audit.completed();
      """;

  private static final String TERMINATE =
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.5
      """;

  /** What is done to the workers, or to their server. */
  enum Fault {
    WORKER_KILLED,
    WORKER_PAUSED,
    POSTGRES_RESTARTED,
    SESSIONS_TERMINATED,
    POOL_EXHAUSTED,
    TRANSACTION_LEFT_OPEN,
    MANY_DEPENDENCIES,
    ALL
  }

  @TempDir private Path directory;

  private final List<ChildJvm> children = new ArrayList<>();

  /** In each build all faults once; in the table each by itself too. */
  @ParameterizedTest
  @MethodSource("faults")
  void eachTaskIsCompletedOnce(Fault fault) throws Exception {
    run(fault, Repetitions.of(5, 1));
  }

  static Stream<Fault> faults() {
    return Stream.of(Fault.values())
        .filter(fault -> fault == Fault.ALL || Repetitions.of(1, 0) == 1);
  }

  private void run(Fault fault, int rounds) throws Exception {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      installation.execute(AUDIT);
      String start = fault == Fault.POOL_EXHAUSTED || fault == Fault.ALL ? "hog" : "go";
      ChildJvm[] workers = {start(installation, "a0"), start(installation, "b0")};
      workers[0].stdin().println(start);
      workers[1].stdin().println("go");
      int tasks = 0;
      try (Persistence persistence = TaskWorkerProcess.open(installation)) {
        for (int round = 1; round <= rounds; round++) {
          Connection left = is(fault, Fault.TRANSACTION_LEFT_OPEN) ? leaveOpen(installation) : null;
          int more = fault == Fault.MANY_DEPENDENCIES ? 10_000 : Repetitions.of(1_000, 300);
          tasks += enqueue(persistence, more);
          awaitCompleted(installation, tasks - more * 3 / 4);
          if (is(fault, Fault.WORKER_KILLED)) {
            int which = round % 2;
            workers[which].kill();
            workers[which] = start(installation, (which == 0 ? "a" : "b") + round);
            workers[which].stdin().println("go");
          }
          if (is(fault, Fault.WORKER_PAUSED)) {
            pause(workers[(round + 1) % 2], installation);
          }
          if (is(fault, Fault.POSTGRES_RESTARTED) && left == null) {
            servers.postgres().kill();
            servers.postgres().restart();
          }
          if (is(fault, Fault.SESSIONS_TERMINATED)) {
            for (int i = 0; i < 5; i++) {
              List<String> unused = installation.query(TERMINATE);
              awaitCompleted(installation, Math.min(tasks, completed(installation) + 20));
            }
          }
          awaitCompleted(installation, tasks);
          if (left != null) {
            close(left);
          }
        }
      }
      for (ChildJvm worker : workers) {
        worker.stdin().println("stop");
        assertThat(worker.awaitExit(PATIENCE)).as("exit of a worker").hasValue(0);
      }
      verify(servers, installation, fault, rounds, tasks);
    } finally {
      children.forEach(ChildJvm::close);
    }
  }

  private static boolean is(Fault fault, Fault made) {
    return fault == made || fault == Fault.ALL;
  }

  private ChildJvm start(Installation installation, String worker) throws IOException {
    ChildJvm child =
        ChildJvm.start(
            TaskWorkerProcess.class,
            installation.asArguments(List.of(worker)),
            Map.of(),
            directory.resolve("child.log"));
    children.add(child);
    assertThat(child.stdout().readLine()).as("first line of a worker").isEqualTo("ready");
    return child;
  }

  /** Half of the tasks wait for one of the other half, ten for each. */
  private static int enqueue(Persistence persistence, int count) {
    int done = 0;
    while (done < count) {
      int more = Math.min(count - done, 500);
      List<NewTask> first = new ArrayList<>();
      for (int i = 0; i < more / 2; i++) {
        first.add(NewTask.of("work", Map.of("n", i)).withMaxRetries(1_000));
      }
      List<UUID> ids = enqueue(persistence, first);
      List<NewTask> then = new ArrayList<>();
      for (int i = 0; i < more - more / 2; i++) {
        then.add(
            NewTask.of("then", Map.of("n", i))
                .withMaxRetries(1_000)
                .after(ids.get(i / 10))
                .after(ids.get(ids.size() - 1 - i / 10)));
      }
      enqueue(persistence, then);
      done += more;
    }
    return count;
  }

  /** Enqueues once, also where the answer is lost: each task has a key of its own. */
  private static List<UUID> enqueue(Persistence persistence, List<NewTask> tasks) {
    List<NewTask> keyed =
        tasks.stream().map(task -> task.withUniqueKey(UUID.randomUUID().toString())).toList();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return persistence.tasks().enqueueAll(keyed);
      } catch (PersistenceException e) {
        if (!e.isTransient() || System.nanoTime() - end > 0) {
          throw e;
        }
      }
    }
  }

  /** Stops a worker for longer than its leases last, and lets it go on. */
  private static void pause(ChildJvm worker, Installation installation) {
    worker.pause();
    long end = System.nanoTime() + TaskWorkerProcess.LEASE.plusSeconds(2).toNanos();
    await().atMost(PATIENCE).until(() -> System.nanoTime() - end > 0);
    assertThat(installation.query("SELECT 1")).hasSize(1);
    worker.resume();
  }

  /** A transaction that has added a task, and sees the queue as it was. */
  private static Connection leaveOpen(Installation installation) throws SQLException {
    Connection connection =
        DriverManager.getConnection(installation.jdbcUrl(), installation.user(), "");
    connection.setAutoCommit(false);
    connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    try (Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO tasks.queue (task_type) VALUES ('never')");
    }
    return connection;
  }

  private static void close(Connection connection) {
    try {
      connection.close(); // the server rolls back, if it has not ended the session
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long completed(Installation installation) {
    return Long.parseLong(installation.query("SELECT count(*) FROM audit.completions").get(0));
  }

  private static void awaitCompleted(Installation installation, long count) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptions()
        .until(() -> completed(installation) >= count);
  }

  private static void verify(
      FaultServers servers, Installation installation, Fault fault, int rounds, int tasks) {
    assertThat(installation.query("SELECT status, count(*) FROM tasks.queue GROUP BY 1"))
        .containsExactly("completed");
    assertThat(completed(installation)).as("completions").isEqualTo(tasks);
    assertThat(installation.query("SELECT count(DISTINCT task_id) FROM audit.completions"))
        .containsExactly(String.valueOf(tasks));
    assertThat(installation.query("SELECT task_id FROM audit.completions WHERE token < latest"))
        .as("completed by a former owner")
        .isEmpty();
    assertThat(
            installation.query("SELECT count(*) FROM tasks.executions WHERE completed_at IS NULL"))
        .containsExactly("0");
    assertThat(
            installation.query(
                "SELECT count(*) FROM tasks.queue AS q JOIN tasks.ready AS r USING (position)"))
        .containsExactly("0");
    String attempts = installation.query("SELECT count(*) FROM tasks.executions").get(0);
    servers.report(
        "TaskFaults " + fault,
        "rounds=%d tasks=%d attempts=%s completed=%d twice=0 lost=0"
            .formatted(rounds, tasks, attempts, tasks));
  }
}
