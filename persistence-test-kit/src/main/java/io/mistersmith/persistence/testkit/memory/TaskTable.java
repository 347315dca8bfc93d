package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.TaskStore.Added;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.Task.Dependency;
import io.mistersmith.persistence.task.Task.Status;
import io.mistersmith.persistence.testkit.memory.Content.TaskRow;
import io.mistersmith.persistence.testkit.memory.Content.TaskWait;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** The tasks as one statement changes them, with what the database's triggers do. */
final class TaskTable {

  /** In the order in which they are claimed. */
  static final Comparator<TaskRow> RANK =
      Comparator.comparing(TaskTable::rank).thenComparing(TaskRow::position);

  private final Tables tables;
  private final Instant now;
  private boolean released;

  TaskTable(Tables tables, Instant now) {
    this.tables = tables;
    this.now = now;
  }

  Instant now() {
    return now;
  }

  /** Whether a task that could not be claimed has become claimable. */
  boolean hasReleased() {
    return released;
  }

  private static Instant rank(TaskRow row) {
    Instant since = row.task().createdAt();
    if (row.task().dueAt().isPresent() && row.task().dueAt().get().isAfter(since)) {
      since = row.task().dueAt().get();
    }
    return since.minus(row.task().request().priority().headStart());
  }

  /** Takes a deleted agent out of the tasks that name it. */
  static void forget(Tables tables, AgentId agent) {
    List<TaskRow> named = tables.tasks.all().filter(row -> names(row, agent)).toList();
    for (TaskRow row : named) {
      TaskDraft draft = new TaskDraft(row);
      draft.forget(agent);
      tables.tasks.put(draft.id, draft.row());
    }
  }

  private static boolean names(TaskRow row, AgentId agent) {
    Optional<AgentId> it = Optional.of(agent);
    return row.task().request().createdBy().equals(it)
        || row.task().request().assignedTo().equals(it)
        || row.executions().stream().anyMatch(execution -> execution.agent().equals(it));
  }

  UUID add(Added added) {
    NewTask task = added.task();
    Optional<UUID> same = task.uniqueKey().flatMap(this::withKey);
    if (same.isPresent()) {
      return same.get();
    }
    requireAgent("created_by_agent_id", added.id(), task.createdBy());
    requireAgent("assigned_agent_id", added.id(), task.assignedTo());
    if (task.parent().isPresent() && !tables.tasks.refer(task.parent().get())) {
      throw refused("task " + added.id() + ": SQLSTATE 23503, its parent does not exist");
    }
    if (task.expiresAt().isPresent() && !task.expiresAt().get().isAfter(now)) {
      throw refused("task " + added.id() + ": SQLSTATE 23514, it expires before it is created");
    }
    save(new TaskDraft(added.id(), task, now));
    task.dependencies().forEach((other, what) -> depend(added.id(), other, what));
    return added.id();
  }

  private Optional<UUID> withKey(String key) {
    return tables
        .tasks
        .all()
        .filter(row -> row.task().request().uniqueKey().equals(Optional.of(key)))
        .map(row -> row.task().id())
        .findFirst();
  }

  private void requireAgent(String column, UUID task, Optional<AgentId> agent) {
    if (agent.isPresent() && !tables.agents.refer(agent.get())) {
      throw refused("task " + task + ": SQLSTATE 23503, " + column + " is not registered");
    }
  }

  static NonTransientPersistenceException refused(String message) {
    return new NonTransientPersistenceException(DataError.CONSTRAINT_VIOLATION, message);
  }

  /** Has a task wait for another one. */
  void depend(UUID task, UUID other, Dependency what) {
    if (task.equals(other)) {
      throw refused("task " + task + ": SQLSTATE 23514, it cannot depend on itself");
    }
    tables.tasks.lock(other);
    tables.tasks.lock(task);
    Optional<TaskRow> from = tables.tasks.find(task);
    Optional<TaskRow> on = tables.tasks.find(other);
    if (from.isEmpty() || on.isEmpty()) {
      throw refused("task " + task + ": SQLSTATE 23503, it or what it waits for does not exist");
    }
    if (from.get().waits().containsKey(other)) {
      return;
    }
    if (reaches(other, task)) {
      throw refused("task " + task + ": SQLSTATE 23514, task " + other + " depends on it");
    }
    boolean met = isMet(what, on.get().task().status(), on.get().task().startedAt().isPresent());
    if (!met && on.get().task().status().isEnd()) {
      throw refused(
          "task " + task + ": SQLSTATE 23514, task " + other + " has ended without success");
    }
    if (!met && !isWaiting(from.get().task().status())) {
      throw refused("task " + task + ": SQLSTATE 23514, it has begun or ended");
    }
    TaskDraft draft = new TaskDraft(from.get());
    draft.waits.put(other, new TaskWait(what, met));
    save(draft);
  }

  private boolean reaches(UUID from, UUID to) {
    Set<UUID> seen = new HashSet<>();
    Deque<UUID> next = new ArrayDeque<>(List.of(from));
    while (!next.isEmpty()) {
      UUID at = next.pop();
      if (at.equals(to)) {
        return true;
      }
      if (seen.add(at)) {
        tables.tasks.find(at).ifPresent(row -> next.addAll(row.waits().keySet()));
      }
    }
    return false;
  }

  private static boolean isMet(Dependency what, Status status, boolean started) {
    return status == Status.COMPLETED
        || (what == Dependency.START && started)
        || (what == Dependency.RESOURCE && status.isEnd());
  }

  /** Writes a row, after it was given its place in the order of claims or has lost it. */
  void save(TaskDraft draft) {
    if (draft.status == Status.PENDING || draft.status == Status.QUEUED) {
      boolean waits =
          draft.blockedBy() > 0
              || draft.dueAt.map(due -> due.isAfter(now)).orElse(false)
              || draft.request.expiresAt().map(end -> !end.isAfter(now)).orElse(false);
      draft.status = waits ? Status.PENDING : Status.QUEUED;
      if (waits) {
        draft.position = 0;
      } else if (draft.position == 0) {
        draft.position = tables.nextTaskNumber();
        released = true;
      }
    } else {
      draft.position = 0;
    }
    if (draft.status.isEnd() && draft.endedAt.isEmpty()) {
      draft.endedAt = Optional.of(now);
    }
    tables.tasks.put(draft.id, draft.row());
  }

  /** Writes a row whose status was changed, and what that means for those that wait for it. */
  void settle(TaskDraft draft) {
    save(draft);
    Deque<TaskDraft> next = new ArrayDeque<>(List.of(draft));
    while (!next.isEmpty()) {
      TaskDraft changed = next.pop();
      for (TaskRow row : waiting(changed.id)) {
        TaskDraft waiter = new TaskDraft(row);
        TaskWait wait = row.waits().getOrDefault(changed.id, new TaskWait(Dependency.START, true));
        if (isMet(wait.what(), changed.status, changed.startedAt.isPresent())) {
          waiter.waits.put(changed.id, new TaskWait(wait.what(), true));
          save(waiter);
        } else if (changed.status.isEnd() && isWaiting(waiter.status)) {
          waiter.status = Status.CANCELLED;
          waiter.error =
              Optional.of("it depends on task " + draft.id + ", which ended without success");
          save(waiter);
          next.add(waiter);
        }
      }
    }
  }

  private List<TaskRow> waiting(UUID other) {
    return tables
        .tasks
        .all()
        .filter(
            row ->
                row.waits().containsKey(other)
                    && !row.waits().getOrDefault(other, new TaskWait(Dependency.START, true)).met())
        .toList();
  }

  static boolean isWaiting(Status status) {
    return status == Status.PENDING || status == Status.QUEUED || status == Status.PAUSED;
  }

  /** Cancels a task that has not ended. */
  boolean stop(UUID task, String reason) {
    tables.tasks.lock(task);
    Optional<TaskRow> row = tables.tasks.find(task);
    if (row.isEmpty() || row.get().task().status().isEnd()) {
      return false;
    }
    TaskDraft draft = new TaskDraft(row.get());
    draft.status = Status.CANCELLED;
    draft.error = Optional.of(reason);
    draft.endExecution(Status.CANCELLED, now, Optional.empty(), Optional.of(reason));
    settle(draft);
    return true;
  }

  /** Fails the execution under way. */
  void fail(TaskRow row, String error, Optional<Duration> pause) {
    TaskDraft draft = new TaskDraft(row);
    draft.error = Optional.of(error);
    draft.endExecution(Status.FAILED, now, Optional.empty(), Optional.of(error));
    if (pause.isPresent() && draft.retries < draft.request.maxRetries()) {
      draft.retries++;
      draft.status = Status.PENDING;
      draft.dueAt = Optional.of(now.plus(pause.get().truncatedTo(ChronoUnit.MICROS)));
      save(draft);
    } else {
      draft.status = Status.FAILED;
      settle(draft);
    }
  }
}
