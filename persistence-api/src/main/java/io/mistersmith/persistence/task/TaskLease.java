package io.mistersmith.persistence.task;

import java.time.Duration;
import java.util.Objects;

/**
 * A claimed task: the right to complete or fail it, until the lease expires and the task is taken
 * over.
 *
 * @param task the task
 * @param token the fencing token: every claim has a higher one than those before it, in this
 *     database
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
}
