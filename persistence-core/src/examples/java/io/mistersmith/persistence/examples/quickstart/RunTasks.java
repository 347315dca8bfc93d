package io.mistersmith.persistence.examples.quickstart;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskQuery;
import io.mistersmith.persistence.task.TaskWorker;
import io.mistersmith.persistence.task.Tasks;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/**
 * What the steps of the agents ask for: a task for each, which a worker completes. Its unique key
 * names the agent and the step, so that a step which is replayed again enqueues no second one. What
 * a killed writer was working on is taken over when its lease ends.
 */
final class RunTasks implements AutoCloseable {

  private static final Duration LEASE = Duration.ofSeconds(1);
  private static final Duration PAUSE = Duration.ofMillis(50);
  private static final Duration STOP = Duration.ofSeconds(30);
  private static final int AT_ONCE = 4;
  private static final String COMPLETED =
      """
      SELECT q.unique_key, (q.payload -> 'step')::text
      FROM tasks.queue AS q
      JOIN tasks.executions AS e USING (task_id)
      WHERE q.created_by_agent_id = ?::uuid AND q.status = 'completed' AND e.status = 'completed'
      """;

  private final Tasks tasks;
  private final String type;
  private final TaskWorker worker;

  private RunTasks(Tasks tasks, String type, TaskWorker worker) {
    this.tasks = tasks;
    this.type = type;
    this.worker = worker;
  }

  /** Begins to work. */
  static RunTasks open(Persistence persistence, WriterSettings settings) {
    Tasks tasks = persistence.tasks();
    String type = "quickstart-" + settings.replay();
    TaskClaim claim = TaskClaim.of("quickstart", type).withLease(LEASE);
    TaskWorker worker =
        tasks.startWorker(TaskWorker.Options.of(claim, AT_ONCE), lease -> Map.of("done", true));
    return new RunTasks(tasks, type, worker);
  }

  /** Enqueues the task of a step. */
  UUID enqueue(RecordedRun run, AgentId agent, int step) {
    return tasks.enqueue(
        NewTask.of(type, Map.of("step", run.steps().get(step)))
            .withUniqueKey(name(agent, step))
            .createdBy(agent));
  }

  private static String name(AgentId agent, int step) {
    return agent + "/" + step;
  }

  /** Completes what is left, and ends. */
  @Override
  public void close() {
    long end = System.nanoTime() + STOP.toNanos();
    while (System.nanoTime() - end < 0 && !isDone()) {
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    worker.close();
  }

  private boolean isDone() {
    try {
      TaskQuery any = TaskQuery.all().withType(type).withLimit(1);
      return tasks.find(any.withStatus(Task.Status.QUEUED)).isEmpty()
          && tasks.find(any.withStatus(Task.Status.RUNNING)).isEmpty();
    } catch (TransientPersistenceException e) {
      return false;
    }
  }

  /** Compares the tasks that plain SQL finds, and that were completed, with the recording. */
  static Verification verify(List<RecordedRun> runs, Ledger ledger, WriterSettings settings)
      throws SQLException, IOException {
    return Verification.ofSteps(runs, ledger, settings, COMPLETED, RunTasks::name);
  }
}
