package io.mistersmith.persistence.task;

import io.mistersmith.persistence.task.Task.Dependency;
import io.mistersmith.persistence.task.Task.Execution;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The queue of tasks, in PostgreSQL. Each call is a transaction of its own; those of {@link
 * io.mistersmith.persistence.transaction.Transaction#tasks()} are part of the caller's, so that a
 * task is enqueued or completed together with the rows that it is about. Thread-safe.
 *
 * <p>A claimed task is under a lease by the database's clock. When its worker neither ends the task
 * nor renews the lease, some runtime takes the task over: the attempt counts as failed, and the
 * task is queued again while it has retries left. From then on the former worker is refused with
 * {@code LEASE_LOST}. So a task may be begun several times, but is completed once.
 */
public interface Tasks {

  /**
   * Enqueues a task.
   *
   * @return its id, or that of the task that has its unique key already
   * @throws io.mistersmith.persistence.error.PersistenceException {@code CONSTRAINT_VIOLATION} when
   *     it names an agent, a parent or a dependency that does not exist, or a dependency that ended
   *     without success
   */
  default UUID enqueue(NewTask task) {
    return enqueueAll(List.of(task)).get(0);
  }

  /**
   * Enqueues tasks, all or none.
   *
   * @return their ids, in the same order
   */
  List<UUID> enqueueAll(List<NewTask> tasks);

  /**
   * Claims tasks that are due, those of the highest rank first, and begins their executions.
   * Returns none when there are none; does not wait.
   */
  List<TaskLease> claim(TaskClaim claim);

  /**
   * Renews a lease, for its length from now on.
   *
   * @return false when the task was taken over or ended
   */
  default boolean renew(TaskLease lease) {
    return renewAll(List.of(lease)).contains(lease);
  }

  /** Renews leases, and with each those of its claim; returns those that are held still. */
  Set<TaskLease> renewAll(Collection<TaskLease> leases);

  /**
   * Completes a task.
   *
   * @param result a JSON object; may be empty
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code LEASE_LOST}
   *     when the task was taken over, cancelled or ended before; nothing was changed
   */
  void complete(TaskLease lease, Map<String, Object> result);

  /**
   * Fails an attempt: the task is due again after a pause that doubles with each failure, from one
   * second to five minutes, unless it has no retries left.
   *
   * @param error why, for people; without NUL
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code LEASE_LOST} as
   *     {@link #complete} does
   */
  void fail(TaskLease lease, String error);

  /** {@link #fail(TaskLease, String)}, with this pause before the next attempt. */
  void fail(TaskLease lease, String error, Duration pause);

  /** {@link #fail(TaskLease, String)} for good: there is no further attempt. */
  void failForGood(TaskLease lease, String error);

  /**
   * Cancels a task that has not ended. Its execution, if one is under way, is refused at its end.
   *
   * @return false when there is no such task, or it has ended
   */
  boolean cancel(UUID task, String reason);

  /**
   * Holds a task back that nobody has claimed.
   *
   * @return false when there is no such task, or it is not waiting
   */
  boolean pause(UUID task);

  /**
   * Lets a paused task be claimed again.
   *
   * @return false when there is no such task, or it is not paused
   */
  boolean resume(UUID task);

  /**
   * Has a task wait for another one. Does nothing where it waits for it already.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException {@code CONSTRAINT_VIOLATION} when
   *     that would close a cycle, when one of them does not exist, when the task has begun, or when
   *     the other has ended without success
   */
  void addDependency(UUID task, UUID on, Dependency what);

  /** Returns the task, unless it is archived. */
  Optional<Task> find(UUID task);

  /** Returns a page of tasks, in the order of their ids. */
  List<Task> find(TaskQuery query);

  /** Returns the attempts at a task, in their order. */
  List<Execution> executions(UUID task);

  /**
   * Moves tasks that ended longer ago to the archive, {@code limit} at most. A task stays while
   * another one in the queue is a part of it or depends on it.
   *
   * @return how many
   */
  int archive(Duration age, int limit);

  /** Deletes archived tasks that ended longer ago, {@code limit} at most; returns how many. */
  int pruneArchive(Duration age, int limit);

  /**
   * Starts a worker, which claims tasks and runs them until it is closed.
   *
   * @throws IllegalStateException in a transaction
   */
  TaskWorker startWorker(TaskWorker.Options options, TaskWorker.Handler handler);
}
