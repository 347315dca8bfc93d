package io.mistersmith.persistence.core.internal.task;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.task.TaskLease;
import io.mistersmith.persistence.task.TaskWorker;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The workers of one runtime. Thread-safe. */
public final class TaskWorkers {

  private final TaskStore store;
  private final Services services;
  private final Runnable changed;
  private final List<PollingWorker> workers = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  /**
   * Workers on this store, whose threads {@code services} runs.
   *
   * @param changed runs when a claim or an end of theirs may have made a task claimable
   */
  public TaskWorkers(TaskStore store, Services services, Runnable changed) {
    this.store = store;
    this.services = services;
    this.changed = changed;
  }

  /** Starts a worker. */
  public TaskWorker start(TaskWorker.Options options, TaskWorker.Handler handler) {
    if (closed) {
      throw closed();
    }
    PollingWorker worker =
        new PollingWorker(store, services, changed, options, handler, workers::remove);
    workers.add(worker);
    worker.start();
    if (closed) {
      int unused = worker.close(Duration.ZERO);
      throw closed();
    }
    return worker;
  }

  private static NonTransientPersistenceException closed() {
    return new NonTransientPersistenceException(
        DataError.CLOSED, "a worker of tasks cannot be started: the runtime is closed");
  }

  /** Says that the application is about to end an execution, in a transaction perhaps. */
  void ending(TaskLease lease) {
    workers.forEach(worker -> worker.ending(lease));
  }

  /** Says that the application has ended an execution. */
  void ended(TaskLease lease) {
    workers.forEach(worker -> worker.ended(lease));
  }

  /** Has all workers look for tasks soon. */
  public void wake() {
    workers.forEach(PollingWorker::wake);
  }

  /** Closes all workers, within the time. */
  public void close(Duration patience) {
    closed = true;
    int unused = PollingWorker.close(List.copyOf(workers), patience);
  }
}
