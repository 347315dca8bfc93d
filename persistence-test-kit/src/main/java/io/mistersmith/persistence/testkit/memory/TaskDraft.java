package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.Task.Execution;
import io.mistersmith.persistence.task.Task.Status;
import io.mistersmith.persistence.testkit.memory.Content.TaskHeld;
import io.mistersmith.persistence.testkit.memory.Content.TaskRow;
import io.mistersmith.persistence.testkit.memory.Content.TaskWait;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** A row of a task while a statement changes it. */
final class TaskDraft {

  final UUID id;
  NewTask request;
  Status status = Status.PENDING;
  int attempts;
  int retries;
  final Instant createdAt;
  Optional<Instant> dueAt;
  Optional<Instant> startedAt = Optional.empty();
  Optional<Instant> endedAt = Optional.empty();
  Optional<Map<String, Object>> result = Optional.empty();
  Optional<String> error = Optional.empty();
  long position;
  long token;
  Optional<TaskHeld> held = Optional.empty();
  final List<Execution> executions = new ArrayList<>();
  final Map<UUID, TaskWait> waits = new LinkedHashMap<>();

  /** A new task. */
  TaskDraft(UUID id, NewTask request, Instant now) {
    this.id = id;
    this.request = stored(request);
    this.createdAt = now;
    this.dueAt = request.scheduledAt();
  }

  /** The task of a row. */
  TaskDraft(TaskRow row) {
    Task task = row.task();
    id = task.id();
    request = task.request();
    status = task.status();
    attempts = task.attempts();
    retries = task.retries();
    createdAt = task.createdAt();
    dueAt = task.dueAt();
    startedAt = task.startedAt();
    endedAt = task.endedAt();
    result = task.result();
    error = task.error();
    position = row.position();
    token = row.token();
    held = row.held();
    executions.addAll(row.executions());
    waits.putAll(row.waits());
  }

  /** Returns how many tasks it waits for. */
  int blockedBy() {
    return (int) waits.values().stream().filter(wait -> !wait.met()).count();
  }

  TaskRow row() {
    return new TaskRow(
        new Task(
            id,
            request,
            status,
            attempts,
            retries,
            blockedBy(),
            createdAt,
            dueAt,
            startedAt,
            endedAt,
            result,
            error),
        position,
        token,
        held,
        List.copyOf(executions),
        new LinkedHashMap<>(waits));
  }

  /** Ends the execution under way, if there is one. */
  void endExecution(
      Status how, Instant now, Optional<Map<String, Object>> value, Optional<String> why) {
    held = Optional.empty();
    int last = executions.size() - 1;
    if (last < 0 || executions.get(last).endedAt().isPresent()) {
      return;
    }
    Execution open = executions.get(last);
    executions.set(
        last,
        new Execution(
            open.attempt(),
            open.agent(),
            open.worker(),
            how,
            open.startedAt(),
            Optional.of(now),
            value,
            why));
  }

  /** Forgets tasks that are deleted: as its parent, and as what it waits for. */
  void forget(Set<UUID> tasks) {
    waits.keySet().removeAll(tasks);
    if (request.parent().filter(tasks::contains).isPresent()) {
      request = owned(bare(request, Optional.empty()), request);
    }
  }

  /** Forgets an agent that was deleted. */
  void forget(io.mistersmith.persistence.model.AgentId agent) {
    NewTask rest = bare(request);
    if (request.createdBy().isPresent() && !request.createdBy().get().equals(agent)) {
      rest = rest.createdBy(request.createdBy().get());
    }
    if (request.assignedTo().isPresent() && !request.assignedTo().get().equals(agent)) {
      rest = rest.assignedTo(request.assignedTo().get());
    }
    request = rest;
    executions.replaceAll(
        execution ->
            execution.agent().equals(Optional.of(agent))
                ? new Execution(
                    execution.attempt(),
                    Optional.empty(),
                    execution.worker(),
                    execution.status(),
                    execution.startedAt(),
                    execution.endedAt(),
                    execution.result(),
                    execution.error())
                : execution);
  }

  /** The request as a store gives it back: the time and the dependencies are the task's own. */
  private static NewTask stored(NewTask given) {
    return owned(bare(given), given);
  }

  private static NewTask owned(NewTask task, NewTask given) {
    NewTask kept = task;
    if (given.createdBy().isPresent()) {
      kept = kept.createdBy(given.createdBy().get());
    }
    if (given.assignedTo().isPresent()) {
      kept = kept.assignedTo(given.assignedTo().get());
    }
    return kept;
  }

  private static NewTask bare(NewTask given) {
    return bare(given, given.parent());
  }

  private static NewTask bare(NewTask given, Optional<UUID> parent) {
    NewTask kept =
        NewTask.of(given.type(), given.payload())
            .withConfiguration(given.configuration())
            .withMetadata(given.metadata())
            .withPriority(given.priority())
            .withMaxRetries(given.maxRetries())
            .withoutMaxExecutionTime();
    if (given.name().isPresent()) {
      kept = kept.withName(given.name().get());
    }
    if (given.uniqueKey().isPresent()) {
      kept = kept.withUniqueKey(given.uniqueKey().get());
    }
    if (parent.isPresent()) {
      kept = kept.withParent(parent.get());
    }
    if (given.expiresAt().isPresent()) {
      kept = kept.expiresAt(given.expiresAt().get());
    }
    return given.maxExecutionTime().isPresent()
        ? kept.withMaxExecutionTime(given.maxExecutionTime().get())
        : kept;
  }
}
