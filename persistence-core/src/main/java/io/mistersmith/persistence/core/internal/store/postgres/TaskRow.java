package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.Task.Execution;
import io.mistersmith.persistence.task.Task.Priority;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** Tasks as rows of {@code tasks.queue}, and their executions. */
final class TaskRow {

  /** The columns of a row {@code q}. */
  static final String COLUMNS =
      """
      q.task_id, q.task_type, q.task_name, q.unique_key, q.priority, q.max_retries,
      q.created_by_agent_id, q.assigned_agent_id, q.parent_task_id, q.payload, q.configuration,
      q.metadata, q.scheduled_at, q.expires_at,
      (extract(EPOCH FROM CASE WHEN q.max_execution_time < INTERVAL '365250 days' THEN q.max_execution_time
          WHEN q.max_execution_time IS NOT NULL THEN INTERVAL '365250 days' END) * 1000000)::bigint
        AS most_micros, q.status,
      q.attempts, q.retry_count, q.blocked_by, q.created_at, q.started_at, q.completed_at,
      q.error_message, q.token
      """;

  private TaskRow() {}

  /** The text of an enum's constant in PostgreSQL. */
  static String column(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** A duration as microseconds. */
  static long micros(Duration duration) {
    return Math.addExact(
        Math.multiplyExact(duration.getSeconds(), 1_000_000L), duration.getNano() / 1_000);
  }

  static Task read(ResultSet row, StatementContext context) throws SQLException {
    UUID id = row.getObject("task_id", UUID.class);
    return new Task(
        id,
        request(id, row),
        status(row.getString("status")),
        row.getInt("attempts"),
        row.getInt("retry_count"),
        row.getInt("blocked_by"),
        SqlTime.get(row, "created_at"),
        SqlTime.optional(row, "scheduled_at"),
        SqlTime.optional(row, "started_at"),
        SqlTime.optional(row, "completed_at"),
        result(id, row),
        Optional.ofNullable(row.getString("error_message")));
  }

  private static NewTask request(UUID id, ResultSet row) throws SQLException {
    NewTask request =
        NewTask.of(row.getString("task_type"), map(id, row, "payload"))
            .withConfiguration(map(id, row, "configuration"))
            .withMetadata(map(id, row, "metadata"))
            .withPriority(Priority.valueOf(row.getString("priority").toUpperCase(Locale.ROOT)))
            .withMaxRetries(row.getInt("max_retries"))
            .withoutMaxExecutionTime();
    String name = row.getString("task_name");
    if (name != null) {
      request = request.withName(name);
    }
    String key = row.getString("unique_key");
    if (key != null) {
      request = request.withUniqueKey(key);
    }
    UUID creator = row.getObject("created_by_agent_id", UUID.class);
    if (creator != null) {
      request = request.createdBy(AgentId.of(creator));
    }
    UUID owner = row.getObject("assigned_agent_id", UUID.class);
    if (owner != null) {
      request = request.assignedTo(AgentId.of(owner));
    }
    UUID parent = row.getObject("parent_task_id", UUID.class);
    if (parent != null) {
      request = request.withParent(parent);
    }
    Optional<Instant> expiry = SqlTime.optional(row, "expires_at");
    if (expiry.isPresent()) {
      request = request.expiresAt(expiry.get());
    }
    long most = row.getLong("most_micros");
    return row.wasNull() || most <= 0
        ? request
        : request.withMaxExecutionTime(Duration.of(most, ChronoUnit.MICROS));
  }

  static Execution execution(UUID task, ResultSet row) throws SQLException {
    UUID agent = row.getObject("agent_id", UUID.class);
    return new Execution(
        row.getInt("execution_attempt"),
        Optional.ofNullable(agent).map(AgentId::of),
        Optional.ofNullable(row.getString("worker")),
        status(row.getString("status")),
        SqlTime.get(row, "started_at"),
        SqlTime.optional(row, "completed_at"),
        result(task, row),
        Optional.ofNullable(row.getString("error_message")));
  }

  private static Optional<Map<String, Object>> result(UUID id, ResultSet row) throws SQLException {
    @Nullable String text = row.getString("result");
    return text == null
        ? Optional.empty()
        : Optional.of(JsonColumn.map("task " + id + ": its result", text));
  }

  private static Map<String, Object> map(UUID id, ResultSet row, String field) throws SQLException {
    return JsonColumn.map("task " + id + ": " + field + " in tasks.queue", row.getString(field));
  }

  private static Task.Status status(String column) {
    return Task.Status.valueOf(column.toUpperCase(Locale.ROOT));
  }
}
