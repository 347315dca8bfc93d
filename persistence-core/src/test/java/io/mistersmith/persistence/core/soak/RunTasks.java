package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.Task.Status;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import io.mistersmith.persistence.task.Tasks;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Enqueues a task and claims some, which it completes, fails or forgets. What it enqueued stays in
 * the queue, and what it completed stays completed.
 */
final class RunTasks implements Operation {

  static final String TYPE = "soak";
  private static final int REMEMBERED = 200;
  private static final Duration LEASE = Duration.ofSeconds(3);

  private final Map<UUID, String> enqueued = new LinkedHashMap<>();
  private final List<UUID> completed = new ArrayList<>();

  private static TaskClaim claim(String worker) {
    return TaskClaim.of(worker, TYPE).withLimit(4).withLease(LEASE);
  }

  @Override
  public void run(Actor actor) {
    Tasks tasks = actor.persistence().tasks();
    actor.tolerate(() -> enqueue(actor, tasks));
    actor.tolerate(() -> tasks.claim(claim(actor.replica())).forEach(of -> end(actor, tasks, of)));
    actor.tolerate(() -> judge(actor, tasks));
  }

  private void enqueue(Actor actor, Tasks tasks) {
    String write = actor.newWrite();
    NewTask task =
        NewTask.of(TYPE, Map.of("write", write)).withUniqueKey(write).withMaxRetries(10_000);
    enqueued.put(tasks.enqueue(task), write);
    if (enqueued.size() > REMEMBERED) {
      enqueued.remove(enqueued.keySet().iterator().next());
    }
  }

  private void end(Actor actor, Tasks tasks, TaskLease lease) {
    int what = actor.random().nextInt(8);
    if (what == 0) {
      return; // its lease expires
    }
    try {
      if (what == 1) {
        tasks.fail(lease, "by the soak", Duration.ofMillis(100));
      } else {
        tasks.complete(lease, Map.of("by", actor.replica()));
        completed.add(lease.task().id());
        if (tasks.renew(lease)) {
          actor.ledgerWriter().seen(new Fault(Kind.RESURRECTED, "lease of " + lease.task().id()));
        }
      }
    } catch (PersistenceException e) {
      if (e.error() != DataError.LEASE_LOST) {
        throw e;
      }
    }
  }

  private void judge(Actor actor, Tasks tasks) {
    List<UUID> mine = List.copyOf(enqueued.keySet());
    if (!mine.isEmpty()) {
      UUID id = mine.get(actor.random().nextInt(mine.size()));
      Optional<Task> found = tasks.find(id);
      Optional<Object> write = found.map(task -> task.payload().get("write"));
      if (!write.equals(Optional.ofNullable(enqueued.get(id)))) {
        actor.ledgerWriter().seen(new Fault(Kind.LOST, "task " + id + ", found " + found));
      }
    }
    if (!completed.isEmpty()) {
      UUID id = completed.get(actor.random().nextInt(completed.size()));
      Optional<Status> status = tasks.find(id).map(Task::status);
      if (!status.equals(Optional.of(Status.COMPLETED))) {
        actor
            .ledgerWriter()
            .seen(new Fault(Kind.RESURRECTED, "completed task " + id + " is " + status));
      }
    }
  }

  /** Completes what is left, and returns what cannot be: a task that no claim finds. */
  static List<Fault> settle(Tasks tasks, Database database) throws SQLException {
    long end = System.nanoTime() + LEASE.multipliedBy(10).toNanos();
    List<String> left = database.unfinishedTasks();
    while (!left.isEmpty() && System.nanoTime() - end < 0) {
      for (TaskLease lease :
          Retries.with(() -> tasks.claim(claim("verification").withLimit(500)))) {
        try {
          tasks.complete(lease, Map.of());
        } catch (PersistenceException e) {
          // It is claimed again.
        }
      }
      left = database.unfinishedTasks();
    }
    return left.stream()
        .map(task -> new Fault(Kind.LOST, "task that is not completed: " + task))
        .toList();
  }
}
