package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.Task.Dependency;
import io.mistersmith.persistence.task.Task.Execution;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import io.mistersmith.persistence.task.TaskQuery;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.StatementContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasks in {@code tasks.queue}. Claims, ends and what time brings about are functions of the
 * database, which keeps the plans of their statements.
 */
final class PostgresTaskStore implements TaskStore {

  private static final Logger LOG = LoggerFactory.getLogger(PostgresTaskStore.class);

  private static final String CLAIM =
      "SELECT "
          + TaskRow.COLUMNS
          + """
          , NULL::jsonb AS result, q.dependants
            FROM tasks.claim(CAST(:types AS text[]), :agent::uuid,
                             :least::tasks.task_priority_type, :limit, :worker,
                             :lease * INTERVAL '1 microsecond') AS q
          """;

  private static final String RENEW =
      """
      SELECT tasks.renew_leases(CAST(:tasks AS uuid[]), CAST(:tokens AS bigint[]),
                                :lease * INTERVAL '1 microsecond')
      """;

  private static final String CANCEL =
      "SELECT count(*) FROM tasks.stop(ARRAY[CAST(:task AS uuid)], :reason)";

  private static final String PAUSE =
      """
      UPDATE tasks.queue SET status = 'paused'
       WHERE task_id = :task AND status IN ('pending', 'queued')
      """;

  private static final String RESUME =
      "UPDATE tasks.queue SET status = 'pending' WHERE task_id = :task AND status = 'paused'";

  private static final String ADD_DEPENDENCY =
      """
      INSERT INTO tasks.dependencies (task_id, depends_on_task_id, dependency_type)
      VALUES (:task, :other, :type)
      ON CONFLICT (task_id, depends_on_task_id) DO NOTHING
      """;

  private static final String SELECT =
      "SELECT "
          + TaskRow.COLUMNS
          + """
          , x.result
            FROM tasks.queue AS q
            LEFT JOIN tasks.executions AS x
              ON q.status = 'completed' AND x.task_id = q.task_id AND x.started_at = q.started_at
             AND (q.token IS NULL OR x.execution_attempt = q.attempts)
           WHERE TRUE
          """;

  private static final String EXECUTIONS =
      """
      SELECT execution_attempt, agent_id, worker, status, started_at, completed_at, result,
             error_message
        FROM tasks.executions
       WHERE task_id = :task
       ORDER BY execution_attempt
      """;

  private static final String ARCHIVE =
      "SELECT tasks.archive_completed(:age * INTERVAL '1 microsecond', :limit)";

  private static final String PRUNE =
      """
      DELETE FROM tasks.archive AS a
       USING (SELECT o.task_id, o.completed_at
                FROM tasks.archive AS o
               WHERE o.completed_at < clock_timestamp() - :age * INTERVAL '1 microsecond'
               LIMIT :limit) AS old
       WHERE a.task_id = old.task_id AND a.completed_at = old.completed_at
      """;

  private static final String TAKE_OVER = "SELECT tasks.take_over(:limit)";

  private final Statements statements;

  PostgresTaskStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public List<UUID> enqueue(List<Added> tasks) {
    if (tasks.isEmpty()) {
      return List.of();
    }
    String what =
        tasks.size() == 1
            ? "enqueue task " + tasks.get(0).id() + " of type " + tasks.get(0).task().type()
            : "enqueue " + tasks.size() + " tasks";
    TaskInsert insert = new TaskInsert(tasks);
    return insert.isPlain()
        ? statements.write(what, insert::plain)
        : statements.transaction(SqlOptions.of(what), insert::once);
  }

  /** A task that cannot be read, which SQL may have added, fails for good and holds up no other. */
  @Override
  public List<TaskLease> claim(TaskClaim claim, Runnable released) {
    List<TaskEnd> unreadable = new ArrayList<>();
    AtomicBoolean depended = new AtomicBoolean();
    List<TaskLease> claimed =
        statements.write(
            "claim tasks as worker " + claim.worker(),
            handle ->
                handle
                    .createQuery(CLAIM)
                    .bind("types", SqlArray.text(claim.types()))
                    .bind("agent", claim.agent().map(AgentId::uuid).orElse(null))
                    .bind("least", claim.least().map(TaskRow::column).orElse(null))
                    .bind("limit", claim.limit())
                    .bind("worker", claim.worker())
                    .bind("lease", TaskRow.micros(claim.lease()))
                    .map(
                        (row, context) -> {
                          depended.compareAndSet(false, row.getInt("dependants") > 0);
                          return lease(claim, row, context, unreadable);
                        })
                    .list()
                    .stream()
                    .flatMap(Optional::stream)
                    .toList());
    if (depended.get()) {
      released.run();
    }
    if (!unreadable.isEmpty()) {
      refuse(unreadable, !claimed.isEmpty(), released);
    }
    return claimed;
  }

  private static Optional<TaskLease> lease(
      TaskClaim claim, ResultSet row, StatementContext context, List<TaskEnd> unreadable)
      throws SQLException {
    long token = row.getLong("token");
    try {
      return Optional.of(
          new TaskLease(TaskRow.read(row, context), token, claim.worker(), claim.lease()));
    } catch (RuntimeException e) {
      UUID task = row.getObject("task_id", UUID.class);
      String error = SqlText.storable("it cannot be read: " + e.getMessage());
      unreadable.add(new TaskEnd(task, token, null, error, null));
      return Optional.empty();
    }
  }

  private void refuse(List<TaskEnd> unreadable, boolean others, Runnable released) {
    LOG.error("tasks that cannot be read fail for good: {}", unreadable);
    try {
      if (TaskEnd.finish(statements, unreadable).stream().anyMatch(TaskEnd.Held::released)) {
        released.run();
      }
    } catch (PersistenceException e) {
      if (!others) {
        throw e;
      }
      LOG.warn("the tasks that cannot be read fail when their leases expire", e);
    }
  }

  @Override
  public Set<TaskLease> renew(Collection<TaskLease> leases) {
    Map<Duration, List<TaskLease>> byLength = new HashMap<>();
    leases.forEach(
        lease -> byLength.computeIfAbsent(lease.length(), same -> new ArrayList<>()).add(lease));
    Set<TaskLease> held = new HashSet<>();
    byLength.forEach((length, same) -> held.addAll(renew(same, length)));
    return held;
  }

  private List<TaskLease> renew(List<TaskLease> leases, Duration length) {
    return statements.transaction(
        SqlOptions.of("renew the leases of " + leases.size() + " tasks"),
        handle ->
            handle
                .createQuery(RENEW)
                .bind("tasks", ids(leases))
                .bind("tokens", tokens(leases))
                .bind("lease", TaskRow.micros(length))
                .map((row, context) -> leases.get(row.getInt(1) - 1))
                .list());
  }

  private static SqlArray ids(List<TaskLease> leases) {
    return SqlArray.text(leases.stream().map(lease -> lease.task().id().toString()).toList());
  }

  private static SqlArray tokens(List<TaskLease> leases) {
    return SqlArray.bigint(leases.stream().map(TaskLease::token).toList());
  }

  /** In the order of the ids, so that two calls do not wait for each other. */
  @Override
  public Set<TaskLease> end(Collection<? extends End> ends, Runnable released) {
    if (ends.isEmpty()) {
      return Set.of();
    }
    List<End> sorted = new ArrayList<>(ends);
    sorted.sort(Comparator.comparing(end -> end.lease().task().id()));
    Set<TaskLease> held = new HashSet<>();
    List<TaskEnd.Held> places =
        TaskEnd.finish(statements, sorted.stream().map(TaskEnd::of).toList());
    places.forEach(place -> held.add(sorted.get(place.place() - 1).lease()));
    if (places.stream().anyMatch(TaskEnd.Held::released)) {
      released.run();
    }
    return held;
  }

  @Override
  public boolean cancel(UUID task, String reason) {
    return statements.transaction(
        SqlOptions.of("cancel task " + task),
        handle ->
            handle
                    .createQuery(CANCEL)
                    .bind("task", task)
                    .bind("reason", SqlText.storable(reason))
                    .mapTo(Integer.class)
                    .one()
                == 1);
  }

  @Override
  public boolean pause(UUID task) {
    return change("pause task " + task, PAUSE, task);
  }

  @Override
  public boolean resume(UUID task) {
    return change("resume task " + task, RESUME, task);
  }

  private boolean change(String what, String sql, UUID task) {
    return statements.write(
        what, handle -> handle.createUpdate(sql).bind("task", task).execute() == 1);
  }

  @Override
  public void addDependency(UUID task, UUID on, Dependency what) {
    int unused =
        statements.transaction(
            SqlOptions.of("have task " + task + " wait for task " + on),
            handle ->
                handle
                    .createUpdate(ADD_DEPENDENCY)
                    .bind("task", task)
                    .bind("other", on)
                    .bind("type", TaskRow.column(what))
                    .execute());
  }

  @Override
  public Optional<Task> find(UUID task) {
    return statements.read(
        "find task " + task,
        handle ->
            handle
                .createQuery(SELECT + " AND q.task_id = :task")
                .bind("task", task)
                .map(TaskRow::read)
                .findOne());
  }

  @Override
  public List<Task> find(TaskQuery query) {
    StringBuilder sql = new StringBuilder(SELECT);
    query.type().ifPresent(type -> sql.append(" AND q.task_type = :type"));
    query
        .status()
        .ifPresent(status -> sql.append(" AND q.status = :status::tasks.task_status_type"));
    query.assignedTo().ifPresent(agent -> sql.append(" AND q.assigned_agent_id = :owner"));
    query.createdBy().ifPresent(agent -> sql.append(" AND q.created_by_agent_id = :creator"));
    query.parent().ifPresent(parent -> sql.append(" AND q.parent_task_id = :parent"));
    query.after().ifPresent(after -> sql.append(" AND q.task_id > :after"));
    sql.append(" ORDER BY q.task_id LIMIT :limit");
    return statements.read(
        "find tasks",
        handle -> bind(handle.createQuery(sql.toString()), query).map(TaskRow::read).list());
  }

  private static Query bind(Query statement, TaskQuery query) {
    statement.bind("limit", query.limit());
    query.type().ifPresent(type -> statement.bind("type", type));
    query.status().ifPresent(status -> statement.bind("status", TaskRow.column(status)));
    query.assignedTo().ifPresent(agent -> statement.bind("owner", agent.uuid()));
    query.createdBy().ifPresent(agent -> statement.bind("creator", agent.uuid()));
    query.parent().ifPresent(parent -> statement.bind("parent", parent));
    query.after().ifPresent(after -> statement.bind("after", after));
    return statement;
  }

  @Override
  public List<Execution> executions(UUID task) {
    return statements.read(
        "read the executions of task " + task,
        handle ->
            handle
                .createQuery(EXECUTIONS)
                .bind("task", task)
                .map((row, context) -> TaskRow.execution(task, row))
                .list());
  }

  /** Takes over also when a timer fails: the one has nothing to do with the other. */
  @Override
  public int tend(int limit) {
    int due;
    try {
      due = call("look for tasks that are due", "SELECT tasks.fire_timers(:limit)", limit);
    } catch (RuntimeException e) {
      try {
        int unused = call("take tasks over", TAKE_OVER, limit);
      } catch (RuntimeException other) {
        e.addSuppressed(other);
      }
      throw e;
    }
    return due + call("take tasks over", TAKE_OVER, limit);
  }

  private int call(String what, String sql, int limit) {
    return statements.transaction(
        SqlOptions.of(what),
        handle -> handle.createQuery(sql).bind("limit", limit).mapTo(Integer.class).one());
  }

  @Override
  public boolean recycle() {
    return statements.transaction(
            SqlOptions.of("recycle the segments of tasks"),
            handle -> handle.createQuery("SELECT tasks.recycle()").mapTo(Integer.class).one())
        == 0;
  }

  @Override
  public int archive(Duration age, int limit) {
    return statements.transaction(
        SqlOptions.of("archive tasks"),
        handle ->
            handle
                .createQuery(ARCHIVE)
                .bind("age", TaskRow.micros(age))
                .bind("limit", limit)
                .mapTo(Integer.class)
                .one());
  }

  @Override
  public int pruneArchive(Duration age, int limit) {
    return statements.write(
        "prune the archive of tasks",
        handle ->
            handle
                .createUpdate(PRUNE)
                .bind("age", TaskRow.micros(age))
                .bind("limit", limit)
                .execute());
  }
}
