package io.mistersmith.persistence.task;

import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * A task as it was when it was read: a row of {@code tasks.queue}.
 *
 * @param id its id
 * @param request what was asked for
 * @param status its status
 * @param attempts how often it was claimed
 * @param retries how many of its attempts failed and were followed by another one
 * @param blockedBy how many tasks it still waits for
 * @param createdAt when it was enqueued
 * @param dueAt when it can be claimed at the earliest: as requested, or after the latest failure
 * @param startedAt when its latest attempt began
 * @param endedAt when it was completed, failed or cancelled
 * @param result what its completed execution returned
 * @param error why its latest attempt failed, or why it was cancelled
 */
public record Task(
    UUID id,
    NewTask request,
    Task.Status status,
    int attempts,
    int retries,
    int blockedBy,
    Instant createdAt,
    Optional<Instant> dueAt,
    Optional<Instant> startedAt,
    Optional<Instant> endedAt,
    Optional<Map<String, Object>> result,
    Optional<String> error) {

  /** Copies the result. */
  public Task {
    Objects.requireNonNull(id, "task: id is null");
    Objects.requireNonNull(request, "task: request is null");
    Objects.requireNonNull(status, "task: status is null");
    result = result.map(Map::copyOf);
  }

  /** Returns the type, which says which workers can run it. */
  public String type() {
    return request.type();
  }

  /** Returns what it works on. */
  public Map<String, Object> payload() {
    return request.payload();
  }

  /** The status of a task ({@code tasks.task_status_type} in PostgreSQL). */
  public enum Status {
    /** Waits for its time, or for other tasks. */
    PENDING,
    /** Can be claimed. */
    QUEUED,
    /** A worker has it. */
    RUNNING,
    /** Held back until it is resumed. */
    PAUSED,
    /** Ended with success. */
    COMPLETED,
    /** Ended because its last attempt failed. */
    FAILED,
    /**
     * Ended by a call, because it expired, or because a task that it depends on did not succeed.
     */
    CANCELLED;

    /** Returns whether the task has ended. */
    public boolean isEnd() {
      return this == COMPLETED || this == FAILED || this == CANCELLED;
    }
  }

  /**
   * The priority of a task: a head start in the order of age. A task of lower priority is claimed
   * first once it is older by more than the difference, so that each has its turn.
   */
  public enum Priority {
    /** No head start. */
    LOW(Duration.ZERO),
    /** 10 minutes. */
    NORMAL(Duration.ofMinutes(10)),
    /** 30 minutes. */
    HIGH(Duration.ofMinutes(30)),
    /** 2 hours. */
    URGENT(Duration.ofHours(2)),
    /** 12 hours. */
    CRITICAL(Duration.ofHours(12));

    private final Duration headStart;

    Priority(Duration headStart) {
      this.headStart = headStart;
    }

    /** Returns the head start. */
    public Duration headStart() {
      return headStart;
    }
  }

  /** What a task waits for in the task that it depends on. */
  public enum Dependency {
    /** Its success. */
    COMPLETION,
    /** Its start. */
    START,
    /** Its result, which comes with its success. */
    DATA,
    /** Its end, whether with success or without. */
    RESOURCE
  }

  /**
   * One attempt at a task: a row of {@code tasks.executions}.
   *
   * @param attempt its number, from 1
   * @param agent the agent that claimed the task, if one did
   * @param worker the worker that claimed it
   * @param status {@code RUNNING}, or how it ended
   * @param startedAt when it began
   * @param endedAt when it ended
   * @param result what it returned
   * @param error why it failed
   */
  public record Execution(
      int attempt,
      Optional<AgentId> agent,
      Optional<String> worker,
      Task.Status status,
      Instant startedAt,
      Optional<Instant> endedAt,
      Optional<Map<String, Object>> result,
      Optional<String> error) {

    /** Copies the result. */
    public Execution {
      result = result.map(Map::copyOf);
    }
  }
}
