package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.TaskStore.Added;
import io.mistersmith.persistence.task.NewTask;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Adds tasks to {@code tasks.queue}. A task with dependencies is added as blocked, so that it is
 * not claimable for a moment; once its dependencies are there, this block is taken off.
 */
final class TaskInsert {

  private static final String INSERT =
      """
      INSERT INTO tasks.queue
             (task_id, task_type, task_name, unique_key, priority, max_retries,
              created_by_agent_id, assigned_agent_id, parent_task_id, payload, configuration,
              metadata, scheduled_at, expires_at, max_execution_time, blocked_by, created_at)
      SELECT c.id::uuid, c.type, c.name, c.key, c.priority::tasks.task_priority_type, c.retries,
             c.creator::uuid, c.owner::uuid, c.parent::uuid, c.payload::jsonb,
             c.configuration::jsonb, c.metadata::jsonb, c.due::timestamptz, c.expiry::timestamptz,
             c.most * INTERVAL '1 microsecond', c.blocked, clock_timestamp()
        FROM unnest(:ids, :types, :names, :keys, :priorities, :retries, :creators, :owners,
                    :parents, :payloads, :configurations, :metadata, :due, :expiry, :most, :blocked)
             AS c (id, type, name, key, priority, retries, creator, owner, parent, payload,
                   configuration, metadata, due, expiry, most, blocked)
      """;

  /** Names no index: where tenants are kept apart, each has keys of its own. */
  private static final String ONCE =
      INSERT
          + """
          ON CONFLICT DO NOTHING
          RETURNING task_id
          """;

  private static final String BY_KEY =
      """
      SELECT q.unique_key, q.task_id
        FROM tasks.queue AS q
       WHERE q.unique_key = ANY (:keys) AND tasks.has_own_key(q)
      """;

  private static final String DEPENDENCIES =
      """
      INSERT INTO tasks.dependencies (task_id, depends_on_task_id, dependency_type)
      SELECT c.task::uuid, c.other::uuid, c.type
        FROM unnest(:tasks, :others, :types) AS c (task, other, type)
      """;

  private static final String UNBLOCK =
      """
      UPDATE tasks.queue
         SET blocked_by = blocked_by - 1
       WHERE task_id = ANY (CAST(:tasks AS uuid[]))
      """;

  private static final int ATTEMPTS = 5;

  private final List<Added> tasks;

  TaskInsert(List<Added> tasks) {
    this.tasks = tasks;
  }

  /** Whether one statement does it all. */
  boolean isPlain() {
    return tasks.stream()
        .allMatch(
            added -> added.task().uniqueKey().isEmpty() && added.task().dependencies().isEmpty());
  }

  /** Adds the tasks in one statement. */
  List<UUID> plain(Handle handle) {
    int unused = bind(handle.createUpdate(INSERT)).execute();
    return tasks.stream().map(Added::id).toList();
  }

  /** Adds the tasks whose keys are free, and their dependencies. */
  List<UUID> once(Handle handle) {
    Set<UUID> inserted = new HashSet<>();
    Map<String, UUID> others = new HashMap<>();
    List<Added> left = tasks;
    // A task that has the key may be archived before it is looked for; the key is free then.
    for (int attempt = 0; !left.isEmpty(); attempt++) {
      if (attempt == ATTEMPTS) {
        throw new TransientPersistenceException(
            DataError.TRANSACTION_CONFLICT,
            "enqueue task "
                + left.get(0).id()
                + ": its unique key is taken, by a task that cannot be seen; nothing was enqueued");
      }
      inserted.addAll(new TaskInsert(left).bind(handle.createQuery(ONCE)).mapTo(UUID.class).list());
      left = left.stream().filter(added -> !inserted.contains(added.id())).toList();
      others.putAll(withKeys(handle, left));
      left = left.stream().filter(added -> !others.containsKey(key(added))).toList();
    }
    addDependencies(handle, inserted);
    return tasks.stream()
        .map(
            added ->
                inserted.contains(added.id())
                    ? added.id()
                    : Objects.requireNonNull(others.get(key(added))))
        .toList();
  }

  private static String key(Added added) {
    return added.task().uniqueKey().orElse("");
  }

  private static Map<String, UUID> withKeys(Handle handle, List<Added> refused) {
    if (refused.isEmpty()) {
      return Map.of();
    }
    Map<String, UUID> others = new HashMap<>();
    handle
        .createQuery(BY_KEY)
        .bind("keys", SqlArray.text(refused.stream().map(TaskInsert::key).toList()))
        .map((row, context) -> Map.entry(row.getString(1), row.getObject(2, UUID.class)))
        .forEach(row -> others.put(row.getKey(), row.getValue()));
    return others;
  }

  private void addDependencies(Handle handle, Set<UUID> inserted) {
    List<String> dependants = new ArrayList<>();
    List<String> others = new ArrayList<>();
    List<String> types = new ArrayList<>();
    Set<String> blocked = new HashSet<>();
    for (Added added : tasks) {
      if (inserted.contains(added.id())) {
        added
            .task()
            .dependencies()
            .forEach(
                (other, type) -> {
                  dependants.add(added.id().toString());
                  others.add(other.toString());
                  types.add(TaskRow.column(type));
                  blocked.add(added.id().toString());
                });
      }
    }
    if (blocked.isEmpty()) {
      return;
    }
    handle
        .createUpdate(DEPENDENCIES)
        .bind("tasks", SqlArray.text(dependants))
        .bind("others", SqlArray.text(others))
        .bind("types", SqlArray.text(types))
        .execute();
    handle.createUpdate(UNBLOCK).bind("tasks", SqlArray.text(blocked)).execute();
  }

  private <S extends org.jdbi.v3.core.statement.SqlStatement<S>> S bind(S statement) {
    return statement
        .bind("ids", text(added -> added.id().toString()))
        .bind("types", text(added -> added.task().type()))
        .bind("names", optional(NewTask::name))
        .bind("keys", optional(NewTask::uniqueKey))
        .bind("priorities", text(added -> TaskRow.column(added.task().priority())))
        .bind("retries", numbers(task -> (long) task.maxRetries()))
        .bind("creators", optional(task -> task.createdBy().map(AgentId::toString)))
        .bind("owners", optional(task -> task.assignedTo().map(AgentId::toString)))
        .bind("parents", optional(task -> task.parent().map(UUID::toString)))
        .bind("payloads", text(added -> json(added, "payload", added.task().payload())))
        .bind(
            "configurations",
            text(added -> json(added, "configuration", added.task().configuration())))
        .bind("metadata", text(added -> json(added, "metadata", added.task().metadata())))
        .bind("due", optional(task -> task.scheduledAt().map(SqlTime::text)))
        .bind("expiry", optional(task -> task.expiresAt().map(SqlTime::text)))
        .bind("most", numbers(task -> task.maxExecutionTime().map(TaskRow::micros).orElse(null)))
        .bind("blocked", numbers(task -> task.dependencies().isEmpty() ? 0L : 1L));
  }

  private static String json(Added added, String field, Map<String, Object> value) {
    return JsonColumn.text("task " + added.id() + ": its " + field, value);
  }

  private SqlArray text(Function<Added, String> column) {
    return SqlArray.text(tasks.stream().map(column).toList());
  }

  private SqlArray optional(Function<NewTask, Optional<String>> column) {
    List<@Nullable String> values = new ArrayList<>(tasks.size());
    tasks.forEach(added -> values.add(column.apply(added.task()).orElse(null)));
    return SqlArray.text(values);
  }

  private SqlArray numbers(Function<NewTask, @Nullable Long> column) {
    List<@Nullable Long> values = new ArrayList<>(tasks.size());
    tasks.forEach(added -> values.add(column.apply(added.task())));
    return SqlArray.bigint(values);
  }
}
