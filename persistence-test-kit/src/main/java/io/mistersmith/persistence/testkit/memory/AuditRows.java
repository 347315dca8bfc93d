package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.security.AuditChange;
import io.mistersmith.persistence.security.AuditChange.Kind;
import io.mistersmith.persistence.security.AuditChange.Writer;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.task.Task;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The audit log as one transaction sees it, and what it logs there. It has the main columns of each
 * row, and masks nothing.
 */
final class AuditRows {

  private static final String LOGIN = "memory";
  private static final String FORGOTTEN = "***FORGOTTEN***";

  final Rows<UUID, Logged> changes;
  private final long transaction;
  private Instant now = Instant.EPOCH;

  AuditRows(Transaction transaction, Table<UUID, Logged> content, Table<UUID, Logged> seen) {
    changes = new Rows<>(transaction, content, seen);
    this.transaction = System.identityHashCode(transaction);
  }

  /** A change, and what queries find it by. */
  record Logged(AuditChange change, UUID subject, Optional<String> path) {}

  /** The row that changed: its table and key, and the name of its owner or task. */
  private record Row(
      String table, UUID subject, Optional<String> path, Map<String, @Nullable Object> key) {}

  /** Sets the time of the statement that follows. */
  void at(Instant time) {
    now = time.truncatedTo(ChronoUnit.MICROS);
  }

  /** Logs a change of an entry, with its writer where an entry was written. */
  void noteState(Optional<Content.StateRow> before, Optional<Content.StateRow> after) {
    StoredState state = after.or(() -> before).orElseThrow().stored();
    UUID owner = state.key().agent().uuid();
    String path = state.key().path();
    Map<String, @Nullable Object> key = new LinkedHashMap<>();
    key.put("agent_id", owner);
    key.put("state_key", path);
    boolean written =
        after.isPresent()
            && !after
                .map(row -> row.stored().revision())
                .equals(before.map(row -> row.stored().revision()));
    note(
        new Row("agents.state", owner, Optional.of(path), key),
        before.map(AuditRows::columns),
        after.map(AuditRows::columns),
        after.filter(row -> written).flatMap(Content.StateRow::writer).or(Actor::current));
  }

  private static Map<String, @Nullable Object> columns(Content.StateRow row) {
    StoredState state = row.stored();
    AgentId owner = state.key().agent();
    Map<String, @Nullable Object> columns = new LinkedHashMap<>();
    columns.put("agent_id", owner.uuid());
    columns.put("owner", owner.isExternal() ? owner.name() : null);
    columns.put("state_key", state.key().path());
    columns.put(
        "state_value",
        new JsonWriter.Raw(
            state.deleted() ? "null" : new String(state.value(), StandardCharsets.UTF_8)));
    columns.put("epoch", state.revision().epoch());
    columns.put("version", state.revision().sequence());
    columns.put("actor", row.writer().map(Actor::name).orElse(null));
    columns.put("correlation_id", row.writer().flatMap(Actor::correlationId).orElse(null));
    return columns;
  }

  /** Logs a change of an agent; a heartbeat and a publication are none. */
  void noteAgent(Optional<Content.AgentRow> before, Optional<Content.AgentRow> after) {
    UUID id = after.or(() -> before).orElseThrow().stored().agent().id().uuid();
    Map<String, @Nullable Object> key = new LinkedHashMap<>();
    key.put("agent_id", id);
    note(
        new Row("agents.registry", id, Optional.empty(), key),
        before.map(AuditRows::columns),
        after.map(AuditRows::columns),
        Actor.current());
  }

  private static Map<String, @Nullable Object> columns(Content.AgentRow row) {
    Agent agent = row.stored().agent();
    Map<String, @Nullable Object> columns = new LinkedHashMap<>();
    columns.put("agent_id", agent.id().uuid());
    columns.put("agent_type", agent.type());
    columns.put("agent_name", agent.name());
    columns.put("status", agent.status().name().toLowerCase(Locale.ROOT));
    columns.put("capabilities", agent.capabilities());
    columns.put("configuration", agent.configuration());
    columns.put("metadata", agent.metadata());
    columns.put("version", row.stored().version());
    return columns;
  }

  /** Logs a change of a task. */
  void noteTask(Optional<Content.TaskRow> before, Optional<Content.TaskRow> after) {
    UUID id = after.or(() -> before).orElseThrow().task().id();
    Map<String, @Nullable Object> key = new LinkedHashMap<>();
    key.put("task_id", id);
    note(
        new Row("tasks.queue", id, Optional.empty(), key),
        before.map(AuditRows::columns),
        after.map(AuditRows::columns),
        Actor.current());
  }

  private static Map<String, @Nullable Object> columns(Content.TaskRow row) {
    Task task = row.task();
    Map<String, @Nullable Object> columns = new LinkedHashMap<>();
    columns.put("task_id", task.id());
    columns.put("task_type", task.type());
    columns.put("status", task.status().name().toLowerCase(Locale.ROOT));
    columns.put("priority", task.request().priority().name().toLowerCase(Locale.ROOT));
    columns.put("fencing_token", row.token());
    return columns;
  }

  private void note(
      Row row,
      Optional<Map<String, @Nullable Object>> before,
      Optional<Map<String, @Nullable Object>> after,
      Optional<Actor> actor) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    if (before.isPresent() && after.isPresent()) {
      fields = changed(before.get(), after.get());
      if (fields.isEmpty()) {
        return;
      }
    }
    boolean update = !fields.isEmpty();
    Kind kind = before.isEmpty() ? Kind.INSERT : after.isEmpty() ? Kind.DELETE : Kind.UPDATE;
    AuditChange change =
        new AuditChange(
            UUID.randomUUID(),
            now,
            row.table(),
            kind,
            JsonWriter.write(row.key()),
            writer(actor),
            update ? Optional.of(JsonWriter.write(fields)) : Optional.empty(),
            update ? Optional.empty() : before.map(JsonWriter::write),
            update ? Optional.empty() : after.map(JsonWriter::write));
    changes.put(change.id(), new Logged(change, row.subject(), row.path()));
  }

  private static Map<String, @Nullable Object> changed(
      Map<String, @Nullable Object> before, Map<String, @Nullable Object> after) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    before.forEach(
        (column, old) -> {
          Object next = after.get(column);
          if (!Objects.equals(old, next)) {
            Map<String, @Nullable Object> both = new LinkedHashMap<>();
            both.put("old", old);
            both.put("new", next);
            fields.put(column, both);
          }
        });
    return fields;
  }

  /** Takes the values out of changes, where they have any; returns of how many. */
  int forget(Predicate<Logged> which, int limit) {
    List<Logged> found =
        changes
            .all()
            .filter(which)
            .filter(logged -> !withoutValues(logged).equals(logged))
            .limit(limit)
            .toList();
    found.forEach(logged -> changes.put(logged.change().id(), withoutValues(logged)));
    return found.size();
  }

  private static Logged withoutValues(Logged logged) {
    AuditChange change = logged.change();
    return new Logged(
        new AuditChange(
            change.id(),
            change.at(),
            change.table(),
            change.kind(),
            change.key(),
            change.writer(),
            change.changedFields().map(AuditRows::withoutValues),
            change.oldData().map(AuditRows::withoutValues),
            change.newData().map(AuditRows::withoutValues)),
        logged.subject(),
        logged.path());
  }

  private static String withoutValues(String document) {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    if (JsonTree.read(document) instanceof Map<?, ?> read) {
      read.keySet().forEach(name -> members.put(String.valueOf(name), FORGOTTEN));
    }
    return JsonWriter.write(members);
  }

  private Writer writer(Optional<Actor> actor) {
    return new Writer(
        LOGIN,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        transaction,
        actor.map(Actor::name),
        actor.flatMap(Actor::correlationId));
  }
}
