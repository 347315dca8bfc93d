package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.spi.sql.OutboxChange.Kind;
import io.mistersmith.persistence.spi.sql.OutboxStore.Position;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.testkit.memory.Content.StateRow;
import io.mistersmith.persistence.testkit.memory.Content.TaskRow;
import io.mistersmith.persistence.testkit.memory.OutboxTables.MadeBatch;
import io.mistersmith.persistence.testkit.memory.OutboxTables.NotedChange;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The tables of the outbox as one transaction sees them, and what it notes in them. */
final class OutboxRows {

  final Rows<Long, NotedChange> changes;
  final Rows<Long, MadeBatch> batches;
  final Rows<Integer, Position> positions;
  private final AtomicLong ids;
  private final long transaction;
  private Instant now = Instant.EPOCH;

  OutboxRows(Transaction transaction, OutboxTables content, OutboxTables seen) {
    changes = new Rows<>(transaction, content.changes(), seen.changes());
    batches = new Rows<>(transaction, content.batches(), seen.batches());
    positions = new Rows<>(transaction, content.positions(), seen.positions());
    ids = content.ids();
    this.transaction = System.identityHashCode(transaction);
  }

  List<Rows<?, ?>> all() {
    return List.of(changes, batches, positions);
  }

  /** Sets the time of the statement that follows. */
  void at(Instant time) {
    now = time;
  }

  /** Notes a change of a row of the state. */
  void noteState(Optional<StateRow> before, Optional<StateRow> after) {
    Optional<StoredState> old = before.map(StateRow::stored).filter(row -> !row.deleted());
    Optional<StoredState> live = after.map(StateRow::stored).filter(row -> !row.deleted());
    boolean isStillGone =
        live.isEmpty()
            && before.isPresent()
            && old.isEmpty()
            && after
                .map(row -> row.stored().revision())
                .map(before.get().stored().revision()::equals)
                .orElse(true);
    if (isStillGone) {
      return;
    }
    Kind kind = Kind.STATE_DELETE;
    if (live.isPresent()) {
      kind = old.isPresent() ? Kind.STATE_UPDATE : Kind.STATE_INSERT;
    }
    StoredState row = after.or(() -> before).orElseThrow().stored();
    AgentId owner = row.key().agent();
    Revision.OfJournal revision = row.revision();
    Map<String, @Nullable Object> payload = new LinkedHashMap<>();
    payload.put("operation", kind.verb().toUpperCase(Locale.ROOT));
    payload.put("agent_id", owner.uuid());
    payload.put("owner", owner.isExternal() ? owner.toString().substring(1) : null);
    payload.put("state_key", row.key().path());
    payload.put("old_value", live.isPresent() ? null : document(old));
    payload.put("new_value", document(live));
    payload.put("epoch", revision.epoch());
    payload.put("version", revision.sequence());
    payload.put("timestamp", seconds());
    note(
        kind,
        owner.uuid(),
        Optional.of(row.key().path()),
        revision.epoch(),
        revision.sequence(),
        payload);
  }

  private static JsonWriter.@Nullable Raw document(Optional<StoredState> row) {
    return row.map(found -> new JsonWriter.Raw(new String(found.value(), StandardCharsets.UTF_8)))
        .orElse(null);
  }

  /** Notes a change of a task. */
  void noteTask(Optional<TaskRow> before, Optional<TaskRow> after, boolean archived) {
    if (before.isPresent() && after.isPresent() && !isVisible(before.get(), after.get())) {
      return;
    }
    Task task = after.or(() -> before).orElseThrow().task();
    Kind kind = kind(before, after);
    Map<String, @Nullable Object> payload = new LinkedHashMap<>();
    payload.put("task_id", task.id());
    payload.put("task_type", task.type());
    payload.put("status", after.map(OutboxRows::status).orElse(null));
    payload.put("previous_status", before.map(OutboxRows::status).orElse(null));
    payload.put("assigned_agent_id", task.request().assignedTo().map(AgentId::uuid).orElse(null));
    payload.put("priority", task.request().priority().name().toLowerCase(Locale.ROOT));
    payload.put("timestamp", seconds());
    payload.put("metadata", task.request().metadata());
    if (kind == Kind.TASK_DELETED) {
      payload.put("archived", archived);
    }
    note(kind, task.id(), Optional.empty(), 0, 0, payload);
  }

  private static Kind kind(Optional<TaskRow> before, Optional<TaskRow> after) {
    if (before.isEmpty()) {
      return Kind.TASK_CREATED;
    }
    if (after.isEmpty()) {
      return Kind.TASK_DELETED;
    }
    Task.Status status = after.get().task().status();
    if (status == before.get().task().status()) {
      return Kind.TASK_UPDATED;
    }
    return switch (status) {
      case RUNNING -> Kind.TASK_STARTED;
      case COMPLETED -> Kind.TASK_COMPLETED;
      case FAILED -> Kind.TASK_FAILED;
      case CANCELLED -> Kind.TASK_CANCELLED;
      default -> Kind.TASK_UPDATED;
    };
  }

  private static boolean isVisible(TaskRow before, TaskRow after) {
    return before.token() != after.token() || !unblocked(before).equals(unblocked(after));
  }

  /** The task without how many others it waits for. */
  private static Task unblocked(TaskRow row) {
    Task task = row.task();
    return new Task(
        task.id(),
        task.request(),
        task.status(),
        task.attempts(),
        task.retries(),
        0,
        task.createdAt(),
        task.dueAt(),
        task.startedAt(),
        task.endedAt(),
        task.result(),
        task.error());
  }

  private static String status(TaskRow row) {
    return row.task().status().name().toLowerCase(Locale.ROOT);
  }

  private BigDecimal seconds() {
    return BigDecimal.valueOf(now.getEpochSecond())
        .add(BigDecimal.valueOf(now.getNano() / 1_000, 6));
  }

  private void note(
      Kind kind,
      UUID subject,
      Optional<String> key,
      long epoch,
      long version,
      Map<String, @Nullable Object> payload) {
    String text = JsonWriter.write(payload);
    long id = ids.incrementAndGet();
    changes.put(
        id,
        new NotedChange(
            new OutboxChange(
                id,
                transaction,
                kind,
                Optional.of(subject),
                key,
                epoch,
                version,
                Optional.empty(),
                now,
                text.getBytes(StandardCharsets.UTF_8).length,
                Optional.of(text)),
            false));
  }

  /** Takes the values out of changes, where they have any; returns of how many. */
  int forget(Predicate<NotedChange> which, int limit) {
    List<NotedChange> found =
        changes.all().filter(which).filter(OutboxRows::hasValues).limit(limit).toList();
    for (NotedChange noted : found) {
      OutboxChange change = noted.change();
      String text = JsonWriter.write(withoutValues(change));
      changes.put(
          change.id(),
          new NotedChange(
              new OutboxChange(
                  change.id(),
                  change.transaction(),
                  change.kind(),
                  change.subject(),
                  change.stateKey(),
                  change.epoch(),
                  change.version(),
                  change.tenant(),
                  change.at(),
                  text.getBytes(StandardCharsets.UTF_8).length,
                  Optional.of(text)),
              noted.done()));
    }
    return found.size();
  }

  private static boolean hasValues(NotedChange noted) {
    return !withoutValues(noted.change()).equals(payload(noted.change()));
  }

  private static Map<String, @Nullable Object> withoutValues(OutboxChange change) {
    Map<String, @Nullable Object> rest = payload(change);
    rest.replace("old_value", null);
    rest.replace("new_value", null);
    rest.replace("metadata", Map.of());
    return rest;
  }

  private static Map<String, @Nullable Object> payload(OutboxChange change) {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    if (change.payload().isPresent()
        && JsonTree.read(change.payload().get()) instanceof Map<?, ?> read) {
      read.forEach((name, value) -> members.put(String.valueOf(name), value));
    }
    return members;
  }
}
