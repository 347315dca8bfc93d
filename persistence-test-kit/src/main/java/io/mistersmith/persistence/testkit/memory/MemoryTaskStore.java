package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.spi.sql.TaskStore;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.Task.Dependency;
import io.mistersmith.persistence.task.Task.Execution;
import io.mistersmith.persistence.task.Task.Status;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskLease;
import io.mistersmith.persistence.task.TaskQuery;
import io.mistersmith.persistence.testkit.memory.Content.TaskHeld;
import io.mistersmith.persistence.testkit.memory.Content.TaskRow;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The queue of tasks, in memory. */
final class MemoryTaskStore implements TaskStore {

  private static final Comparator<TaskRow> BY_ID =
      Comparator.comparing(row -> row.task().id().toString());

  private final Session session;

  MemoryTaskStore(Session session) {
    this.session = session;
  }

  private Instant now() {
    return session.now().truncatedTo(ChronoUnit.MICROS);
  }

  private <T> T change(Function<TaskTable, T> statement) {
    Instant now = now();
    return session.call(tables -> statement.apply(new TaskTable(tables, now)));
  }

  /** Runs a statement, and then {@code released} if it made a task claimable. */
  private <T> T change(Runnable released, BiFunction<Tables, TaskTable, T> statement) {
    Instant now = now();
    AtomicBoolean claimable = new AtomicBoolean();
    T result =
        session.call(
            tables -> {
              TaskTable table = new TaskTable(tables, now);
              T changed = statement.apply(tables, table);
              claimable.set(table.hasReleased());
              return changed;
            });
    if (claimable.get()) {
      released.run();
    }
    return result;
  }

  @Override
  public List<UUID> enqueue(List<Added> tasks) {
    return change(table -> tasks.stream().map(table::add).toList());
  }

  @Override
  public List<TaskLease> claim(TaskClaim claim, Runnable released) {
    return change(
        released,
        (tables, table) -> {
          List<TaskRow> candidates =
              tables
                  .tasks
                  .all()
                  .filter(row -> isFor(claim, row, table.now()))
                  .sorted(TaskTable.RANK)
                  .toList();
          List<TaskLease> claimed = new ArrayList<>();
          long token = tables.nextTaskNumber();
          for (TaskRow row : candidates) {
            if (claimed.size() < claim.limit() && tables.tasks.tryLock(row.task().id())) {
              claimed.add(claim(table, claim, row, token));
            }
          }
          return claimed;
        });
  }

  private static boolean isFor(TaskClaim claim, TaskRow row, Instant now) {
    Task task = row.task();
    return row.position() != 0
        && claim.types().contains(task.type())
        && task.request().assignedTo().map(claim.agent().stream().toList()::contains).orElse(true)
        && claim.least().map(least -> task.request().priority().compareTo(least) >= 0).orElse(true)
        && task.request().expiresAt().map(end -> end.isAfter(now)).orElse(true);
  }

  private static TaskLease claim(TaskTable table, TaskClaim claim, TaskRow row, long token) {
    Instant now = table.now();
    TaskDraft draft = new TaskDraft(row);
    draft.status = Status.RUNNING;
    draft.attempts++;
    draft.token = token;
    draft.startedAt = Optional.of(now);
    draft.held =
        Optional.of(
            new TaskHeld(now.plus(claim.lease()), draft.request.maxExecutionTime().map(now::plus)));
    draft.executions.add(
        new Execution(
            draft.attempts,
            claim.agent(),
            Optional.of(claim.worker()),
            Status.RUNNING,
            now,
            Optional.empty(),
            Optional.empty(),
            Optional.empty()));
    table.settle(draft);
    return new TaskLease(draft.row().task(), draft.token, claim.worker(), claim.lease());
  }

  @Override
  public Set<TaskLease> renew(Collection<TaskLease> leases) {
    Instant now = now();
    return session.call(
        tables -> {
          Set<TaskLease> held = new HashSet<>();
          for (TaskLease lease : leases) {
            renewClaim(tables, lease, now.plus(lease.length()));
            if (tables
                .tasks
                .find(lease.task().id())
                .filter(row -> isUnder(lease, row))
                .isPresent()) {
              held.add(lease);
            }
          }
          return held;
        });
  }

  /** Passes over what another transaction holds. */
  private static void renewClaim(Tables tables, TaskLease lease, Instant until) {
    for (TaskRow row : tables.tasks.all().filter(row -> isUnder(lease, row)).toList()) {
      if (tables.tasks.tryLock(row.task().id())) {
        TaskDraft draft = new TaskDraft(row);
        draft.held = row.held().map(held -> new TaskHeld(until, held.deadline()));
        tables.tasks.put(draft.id, draft.row());
      }
    }
  }

  private static boolean isUnder(TaskLease lease, TaskRow row) {
    return row.token() == lease.token() && row.held().isPresent();
  }

  /** Locks the task of a lease; empty when the lease is lost. */
  private static Optional<TaskRow> held(Tables tables, TaskLease lease) {
    tables.tasks.lock(lease.task().id());
    return tables.tasks.find(lease.task().id()).filter(row -> isUnder(lease, row));
  }

  @Override
  public Set<TaskLease> end(Collection<? extends End> ends, Runnable released) {
    return change(
        released,
        (tables, table) -> {
          Set<TaskLease> ended = new HashSet<>();
          for (End end : ends) {
            held(tables, end.lease())
                .ifPresent(
                    row -> {
                      end(table, row, end);
                      ended.add(end.lease());
                    });
          }
          return ended;
        });
  }

  private static void end(TaskTable table, TaskRow row, End end) {
    if (end instanceof End.Completed completed) {
      TaskDraft draft = new TaskDraft(row);
      draft.status = Status.COMPLETED;
      draft.result = Optional.of(completed.result());
      draft.error = Optional.empty();
      draft.endExecution(
          Status.COMPLETED, table.now(), Optional.of(completed.result()), Optional.empty());
      table.settle(draft);
    } else if (end instanceof End.Failed failed) {
      table.fail(row, failed.error(), failed.pause());
    }
  }

  @Override
  public boolean cancel(UUID task, String reason) {
    return change(table -> table.stop(task, reason));
  }

  @Override
  public boolean pause(UUID task) {
    return change(
        task, status -> status == Status.PENDING || status == Status.QUEUED, Status.PAUSED);
  }

  @Override
  public boolean resume(UUID task) {
    return change(task, status -> status == Status.PAUSED, Status.PENDING);
  }

  private boolean change(UUID task, Function<Status, Boolean> from, Status to) {
    Instant now = now();
    return session.call(
        tables -> {
          tables.tasks.lock(task);
          Optional<TaskRow> row =
              tables.tasks.find(task).filter(found -> from.apply(found.task().status()));
          row.ifPresent(
              found -> {
                TaskDraft draft = new TaskDraft(found);
                draft.status = to;
                new TaskTable(tables, now).save(draft);
              });
          return row.isPresent();
        });
  }

  @Override
  public void addDependency(UUID task, UUID on, Dependency what) {
    boolean unused =
        change(
            table -> {
              table.depend(task, on, what);
              return true;
            });
  }

  @Override
  public Optional<Task> find(UUID task) {
    return session.call(tables -> tables.tasks.find(task).map(TaskRow::task));
  }

  @Override
  public List<Task> find(TaskQuery query) {
    return session.call(
        tables ->
            tables
                .tasks
                .all()
                .filter(row -> isFor(query, row.task()))
                .sorted(BY_ID)
                .map(TaskRow::task)
                .limit(query.limit())
                .toList());
  }

  private static boolean isFor(TaskQuery query, Task task) {
    return query.type().map(task.type()::equals).orElse(true)
        && query.status().map(status -> task.status() == status).orElse(true)
        && isIn(query.assignedTo(), task.request().assignedTo())
        && isIn(query.createdBy(), task.request().createdBy())
        && isIn(query.parent(), task.request().parent())
        && query.after().map(a -> task.id().toString().compareTo(a.toString()) > 0).orElse(true);
  }

  private static <T> boolean isIn(Optional<T> wanted, Optional<T> actual) {
    return wanted.isEmpty() || wanted.equals(actual);
  }

  @Override
  public List<Execution> executions(UUID task) {
    return session.call(
        tables -> tables.tasks.find(task).map(TaskRow::executions).orElse(List.of()));
  }

  @Override
  public int tend(int limit) {
    Instant now = now();
    return session.call(
        tables -> {
          TaskTable table = new TaskTable(tables, now);
          int changed = 0;
          for (TaskRow seen : tables.tasks.all().toList()) {
            UUID id = seen.task().id();
            TaskRow row = tables.tasks.find(id).orElse(seen);
            if (changed < limit && isDue(row, now) && tables.tasks.tryLock(id)) {
              tend(table, row, now);
              changed++;
            }
          }
          return changed;
        });
  }

  private static boolean isDue(TaskRow row, Instant now) {
    Task task = row.task();
    return !task.status().isEnd()
        && (isExpired(task, now)
            || (task.status() == Status.PENDING
                && task.blockedBy() == 0
                && task.dueAt().map(due -> !due.isAfter(now)).orElse(false))
            || row.held().map(held -> held.isOver(now)).orElse(false));
  }

  private static boolean isExpired(Task task, Instant now) {
    return task.request().expiresAt().map(end -> !end.isAfter(now)).orElse(false);
  }

  private static void tend(TaskTable table, TaskRow row, Instant now) {
    if (isExpired(row.task(), now)) {
      boolean unused = table.stop(row.task().id(), "it expired before it was completed");
    } else if (row.held().isPresent()) {
      boolean late = row.held().get().deadline().map(end -> !end.isAfter(now)).orElse(false);
      String worker = row.executions().get(row.executions().size() - 1).worker().orElse("unknown");
      table.fail(
          row,
          late
              ? "it ran for longer than its max_execution_time"
              : "worker " + worker + " did not renew its lease",
          Optional.of(Duration.ZERO));
    } else {
      table.save(new TaskDraft(row));
    }
  }

  @Override
  public boolean recycle() {
    return true;
  }

  @Override
  public int archive(Duration age, int limit) {
    Instant before = now().minus(age);
    return session.call(
        tables -> {
          int moved = 0;
          int pass;
          do {
            pass = archive(tables, before, limit - moved);
            moved += pass;
          } while (pass > 0);
          return moved;
        });
  }

  /** Archives what no task in the queue needs; what these need goes in the next pass. */
  private static int archive(Tables tables, Instant before, int limit) {
    List<TaskRow> old =
        tables
            .tasks
            .all()
            .filter(row -> row.task().status().isEnd())
            .filter(row -> row.task().endedAt().orElseThrow().isBefore(before))
            .toList();
    int moved = 0;
    for (TaskRow row : old) {
      UUID id = row.task().id();
      if (moved < limit && !isNeeded(tables, id) && tables.tasks.tryLock(id)) {
        tables.archivedTasks.put(id, row.task().endedAt().orElseThrow());
        tables.tasks.remove(id);
        moved++;
      }
    }
    return moved;
  }

  private static boolean isNeeded(Tables tables, UUID id) {
    return tables
        .tasks
        .all()
        .anyMatch(
            row ->
                row.waits().containsKey(id)
                    || row.task().request().parent().equals(Optional.of(id)));
  }

  @Override
  public int pruneArchive(Duration age, int limit) {
    Instant before = now().minus(age);
    return session.call(
        tables -> {
          int[] left = {limit};
          return tables.archivedTasks.removeIf(end -> end.isBefore(before) && left[0]-- > 0);
        });
  }
}
