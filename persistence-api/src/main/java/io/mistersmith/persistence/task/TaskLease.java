package io.mistersmith.persistence.task;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A claimed task: the right to complete or fail it, until the lease expires and the task is taken
 * over. Two are equal when they are of the same task and claim.
 *
 * @param task the task
 * @param token the fencing token: a claim has a higher one than those before it in this database
 * @param worker the worker that claimed it
 * @param length for how long after the claim, or after a renewal, nobody takes the task over
 */
public record TaskLease(Task task, long token, String worker, Duration length) {

  /** Checks that nothing is missing. */
  public TaskLease {
    Objects.requireNonNull(task, "task");
    Objects.requireNonNull(worker, "worker");
    Objects.requireNonNull(length, "length");
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TaskLease that
        && that.token == token
        && that.task.id().equals(task.id());
  }

  @Override
  public int hashCode() {
    return Objects.hash(task.id(), token);
  }
}
