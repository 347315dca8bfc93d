package io.mistersmith.persistence.core.internal.task;

import io.mistersmith.persistence.core.internal.base.OrderedIds;
import io.mistersmith.persistence.core.internal.codec.CanonicalObject;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.spi.sql.TaskStore.Added;
import io.mistersmith.persistence.spi.sql.TaskStore.End;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.Task.Dependency;
import io.mistersmith.persistence.task.Task.Execution;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import io.mistersmith.persistence.task.TaskQuery;
import io.mistersmith.persistence.task.TaskWorker;
import io.mistersmith.persistence.task.Tasks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/** The queue over its store: by itself, or in a transaction. */
public final class QueuedTasks implements Tasks {

  private final TaskStore store;
  private final TaskWorkers workers;
  private final Runnable changed;
  private final Optional<Consumer<Runnable>> afterCommit;

  /**
   * The queue.
   *
   * @param workers this runtime's workers
   * @param changed runs after each call that may have made a task claimable
   */
  public QueuedTasks(TaskStore store, TaskWorkers workers, Runnable changed) {
    this(store, workers, changed, Optional.empty());
  }

  private QueuedTasks(
      TaskStore store,
      TaskWorkers workers,
      Runnable changed,
      Optional<Consumer<Runnable>> afterCommit) {
    this.store = store;
    this.workers = workers;
    this.changed = changed;
    this.afterCommit = afterCommit;
  }

  /** The queue in a transaction; {@code afterCommit} takes what is to be done once committed. */
  public QueuedTasks in(TaskStore unit, Consumer<Runnable> afterCommit) {
    return new QueuedTasks(unit, workers, changed, Optional.of(afterCommit));
  }

  private void changed() {
    once(changed);
  }

  private void once(Runnable committed) {
    afterCommit.ifPresentOrElse(later -> later.accept(committed), committed);
  }

  @Override
  public List<UUID> enqueueAll(List<NewTask> tasks) {
    List<Added> added = new ArrayList<>(tasks.size());
    for (NewTask task : tasks) {
      UUID id = OrderedIds.next();
      String what = "task " + id + " of type " + task.type();
      added.add(
          new Added(
              id,
              task.withPayload(CanonicalObject.of(what, "payload", task.payload()))
                  .withConfiguration(
                      CanonicalObject.of(what, "configuration", task.configuration()))
                  .withMetadata(CanonicalObject.of(what, "metadata", task.metadata()))));
    }
    List<UUID> ids = store.enqueue(added);
    if (tasks.stream().anyMatch(QueuedTasks::mayBeDue)) {
      changed();
    }
    return ids;
  }

  private static boolean mayBeDue(NewTask task) {
    return task.dependencies().isEmpty() && task.scheduledAt().isEmpty();
  }

  @Override
  public List<TaskLease> claim(TaskClaim claim) {
    return store.claim(claim, this::changed);
  }

  @Override
  public Set<TaskLease> renewAll(Collection<TaskLease> leases) {
    return store.renew(leases);
  }

  @Override
  public void complete(TaskLease lease, Map<String, Object> result) {
    end(completed(lease, result));
  }

  /** Returns the end of an execution with success. */
  static End completed(TaskLease lease, Map<String, Object> result) {
    return new End.Completed(
        lease, CanonicalObject.of("task " + lease.task().id(), "result", result));
  }

  /** Returns the end of an execution that failed, with a pause that doubles with each failure. */
  static End failed(TaskLease lease, String error) {
    return new End.Failed(lease, error, Optional.of(Pauses.after(lease.task().retries())));
  }

  @Override
  public void fail(TaskLease lease, String error) {
    end(failed(lease, error));
  }

  @Override
  public void fail(TaskLease lease, String error, Duration pause) {
    if (pause.isNegative() || pause.compareTo(Duration.ofDays(365_250)) > 0) {
      throw new IllegalArgumentException(
          "the pause " + pause + " is negative, or longer than 365250 days");
    }
    end(new End.Failed(lease, error, Optional.of(pause)));
  }

  @Override
  public void failForGood(TaskLease lease, String error) {
    end(new End.Failed(lease, error, Optional.empty()));
  }

  /** Tells the worker whose handler may have called. */
  private void end(End end) {
    TaskLease lease = end.lease();
    workers.ending(lease);
    if (!store.end(List.of(end), this::changed).contains(lease)) {
      throw lost(lease);
    }
    once(() -> workers.ended(lease));
  }

  /** Returns the refusal of a former owner. */
  static NonTransientPersistenceException lost(TaskLease lease) {
    return new NonTransientPersistenceException(
        DataError.LEASE_LOST,
        "task "
            + lease.task().id()
            + ": worker "
            + lease.worker()
            + " does not hold it any more (fencing token "
            + lease.token()
            + "): its lease expired, or the task was cancelled or ended; nothing was changed");
  }

  @Override
  public boolean cancel(UUID task, String reason) {
    boolean cancelled = store.cancel(task, reason);
    changed(); // it may have released tasks that wait for its end
    return cancelled;
  }

  @Override
  public boolean pause(UUID task) {
    return store.pause(task);
  }

  @Override
  public boolean resume(UUID task) {
    boolean resumed = store.resume(task);
    changed();
    return resumed;
  }

  @Override
  public void addDependency(UUID task, UUID on, Dependency what) {
    store.addDependency(task, on, what);
  }

  @Override
  public Optional<Task> find(UUID task) {
    return store.find(task);
  }

  @Override
  public List<Task> find(TaskQuery query) {
    return store.find(query);
  }

  @Override
  public List<Execution> executions(UUID task) {
    return store.executions(task);
  }

  @Override
  public int archive(Duration age, int limit) {
    return store.archive(age, limit);
  }

  @Override
  public int pruneArchive(Duration age, int limit) {
    return store.pruneArchive(age, limit);
  }

  @Override
  public TaskWorker startWorker(TaskWorker.Options options, TaskWorker.Handler handler) {
    if (afterCommit.isPresent()) {
      throw new IllegalStateException(
          "a worker outlives the transaction: start it by Persistence.tasks()");
    }
    return workers.start(options, handler);
  }
}
