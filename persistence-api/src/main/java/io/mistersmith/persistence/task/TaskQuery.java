package io.mistersmith.persistence.task;

import io.mistersmith.persistence.model.AgentId;
import java.util.Optional;
import java.util.UUID;

/**
 * Selects tasks of the queue that meet every condition, in the order of their ids, a page at a
 * time.
 *
 * @param type the type
 * @param status the status
 * @param assignedTo the agent that alone can claim them
 * @param createdBy the agent that created them
 * @param parent the task that they are parts of
 * @param after the last task of the page before; it need not exist any more
 * @param limit how many tasks the page has at most
 */
public record TaskQuery(
    Optional<String> type,
    Optional<Task.Status> status,
    Optional<AgentId> assignedTo,
    Optional<AgentId> createdBy,
    Optional<UUID> parent,
    Optional<UUID> after,
    int limit) {

  /** The largest page. */
  public static final int MAX_LIMIT = 10_000;

  /** Checks the limit. */
  public TaskQuery {
    if (limit < 1 || limit > MAX_LIMIT) {
      throw new IllegalArgumentException(
          "a page of " + limit + " tasks: ask for 1 to " + MAX_LIMIT);
    }
  }

  /** Returns a query of all tasks, in pages of 100. */
  public static TaskQuery all() {
    return new TaskQuery(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        100);
  }

  /** Returns a copy that selects this type alone. */
  public TaskQuery withType(String only) {
    return new TaskQuery(Optional.of(only), status, assignedTo, createdBy, parent, after, limit);
  }

  /** Returns a copy that selects this status alone. */
  public TaskQuery withStatus(Task.Status only) {
    return new TaskQuery(type, Optional.of(only), assignedTo, createdBy, parent, after, limit);
  }

  /** Returns a copy that selects tasks of this agent alone. */
  public TaskQuery assignedTo(AgentId only) {
    return new TaskQuery(type, status, Optional.of(only), createdBy, parent, after, limit);
  }

  /** Returns a copy that selects tasks that this agent created alone. */
  public TaskQuery createdBy(AgentId only) {
    return new TaskQuery(type, status, assignedTo, Optional.of(only), parent, after, limit);
  }

  /** Returns a copy that selects parts of this task alone. */
  public TaskQuery withParent(UUID only) {
    return new TaskQuery(type, status, assignedTo, createdBy, Optional.of(only), after, limit);
  }

  /** Returns a copy for the page after this task. */
  public TaskQuery after(UUID task) {
    return new TaskQuery(type, status, assignedTo, createdBy, parent, Optional.of(task), limit);
  }

  /** Returns a copy with pages of at most so many tasks. */
  public TaskQuery withLimit(int most) {
    return new TaskQuery(type, status, assignedTo, createdBy, parent, after, most);
  }
}
