package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.Task.Dependency;
import io.mistersmith.persistence.task.Task.Execution;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import io.mistersmith.persistence.task.TaskQuery;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The durable queue of tasks. Its own clock decides when tasks are due and leases expire.
 * Thread-safe. See {@link io.mistersmith.persistence.task.Tasks} for what the calls mean.
 */
public interface TaskStore {

  /** The end of an execution. */
  sealed interface End {

    /** Returns the lease of the execution. */
    TaskLease lease();

    /**
     * It succeeded.
     *
     * @param lease the lease
     * @param result what it returned
     */
    record Completed(TaskLease lease, Map<String, Object> result) implements End {}

    /**
     * It failed.
     *
     * @param lease the lease
     * @param error why
     * @param pause how long the task waits for its next attempt; empty when there is to be none
     */
    record Failed(TaskLease lease, String error, Optional<Duration> pause) implements End {}
  }

  /**
   * A task to be added.
   *
   * @param id its id, which no other task has
   * @param task what is asked for
   */
  record Added(UUID id, NewTask task) {}

  /**
   * Adds tasks, and their dependencies.
   *
   * @return the id of each, or of the one that has its unique key
   */
  List<UUID> enqueue(List<Added> tasks);

  /** {@link #claim(TaskClaim, Runnable)} without notice. */
  default List<TaskLease> claim(TaskClaim claim) {
    return claim(claim, () -> {});
  }

  /**
   * Claims tasks.
   *
   * @param released runs when a task that waited for one of them may be claimable now
   */
  List<TaskLease> claim(TaskClaim claim, Runnable released);

  /**
   * Renews leases, each with those of its claim.
   *
   * @return those that are held
   */
  Set<TaskLease> renew(Collection<TaskLease> leases);

  /** {@link #end(Collection, Runnable)} without notice. */
  default Set<TaskLease> end(Collection<? extends End> ends) {
    return end(ends, () -> {});
  }

  /**
   * Ends executions, each for itself.
   *
   * @param released runs when one of the tasks, or a task that waited for one of them, may be
   *     claimable now
   * @return the leases that were held; ends of the others have changed nothing
   */
  Set<TaskLease> end(Collection<? extends End> ends, Runnable released);

  /** Cancels a task; returns whether it had not ended. */
  boolean cancel(UUID task, String reason);

  /** Pauses a task; returns whether it was waiting. */
  boolean pause(UUID task);

  /** Resumes a task; returns whether it was paused. */
  boolean resume(UUID task);

  /** Adds a dependency, unless it is there. */
  void addDependency(UUID task, UUID on, Dependency what);

  /** Returns the task. */
  @SqlAccess.Read
  Optional<Task> find(UUID task);

  /** Returns a page of tasks, in the order of their ids' bytes. */
  @SqlAccess.Read
  List<Task> find(TaskQuery query);

  /** Returns the executions of a task, in their order. */
  @SqlAccess.Read
  List<Execution> executions(UUID task);

  /**
   * Does what is due for at most {@code limit} tasks of each kind: makes scheduled tasks claimable,
   * cancels expired ones, and takes over those whose lease has expired or whose time is over.
   *
   * @return how many tasks it has changed, or looked at for that
   */
  int tend(int limit);

  /**
   * Clears what claims have left behind.
   *
   * @return false when something was in use, so that the next try should wait
   */
  boolean recycle();

  /** Archives tasks that ended longer ago; returns how many. */
  int archive(Duration age, int limit);

  /** Deletes archived tasks that ended longer ago; returns how many. */
  int pruneArchive(Duration age, int limit);
}
