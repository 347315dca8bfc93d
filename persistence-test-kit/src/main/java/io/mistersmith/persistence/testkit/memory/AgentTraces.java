package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.ForgetStore.Place;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.testkit.memory.Content.TaskRow;
import io.mistersmith.persistence.testkit.memory.MessageTables.MessageRow;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/** Removes rows of an agent within one statement, or empties them where the row must stay. */
final class AgentTraces {

  private final Tables tables;
  private final AgentId agent;
  private final Instant now;

  AgentTraces(Tables tables, AgentId agent, Instant now) {
    this.tables = tables;
    this.agent = agent;
    this.now = now;
  }

  /** Returns how many it removed; the archive has no rows in memory. */
  int remove(Place place, int limit) {
    return switch (place) {
      case ENTRY_WRITES -> tables.entryWrites.removeKeys(this::isOwned, limit);
      case MESSAGES -> removeMessages(limit);
      case TASKS -> removeTasks(limit);
      case FACTS -> removeFacts(limit);
      case SAGAS -> removeSagas(limit);
      case SESSIONS -> emptySessions(limit);
      case STATES -> emptyStates(limit);
      case LOG_ENTRIES ->
          agent.isExternal()
              ? tables.logEntries.removeKeys(id -> id.agent().equals(agent), limit)
              : 0;
      case DEAD_LETTERS -> removeUpTo(limit, tables.deadLetters, this::isOwned);
      case LARGE_VALUES -> removeLargeValues(limit);
      case HANDLED -> {
        String id = agent.uuid().toString();
        yield tables.messages.handled.removeKeys(
            note -> note.message().contains(id) || note.consumer().contains(id), limit);
      }
      case OUTBOX -> tables.outbox.forget(this::isOwned, limit);
      case AUDIT -> tables.audit.forget(this::isOwned, limit);
      case ARCHIVED_TASKS -> 0;
    };
  }

  private static <V> int removeUpTo(int limit, Rows<?, V> rows, Predicate<V> matches) {
    int[] left = {limit};
    return rows.removeIf(row -> matches.test(row) && left[0]-- > 0);
  }

  private Optional<ForgottenAgent> row() {
    return tables.forgotten.find(agent);
  }

  private boolean isOwned(StateKey key) {
    return key.agent().equals(agent);
  }

  /** Chunks of its large values were written under the ids of these. */
  private boolean isOwned(Content.DeadRow row) {
    boolean own =
        row.letter()
            .key()
            .map(StateKey::agent)
            .filter(
                owner ->
                    owner.equals(agent)
                        || (owner.isExternal()
                            && contents().stream()
                                .anyMatch(content -> owner.name().equals(content.toString()))))
            .isPresent();
    return own && isCovered(row.letter().writtenAt());
  }

  private boolean isOwned(OutboxTables.NotedChange noted) {
    return noted.change().subject().filter(this::isOwned).isPresent()
        && isCovered(noted.change().at());
  }

  private boolean isOwned(AuditRows.Logged logged) {
    return isOwned(logged.subject()) && isCovered(logged.change().at());
  }

  /** Of the agent or of a task of it. */
  private boolean isOwned(UUID subject) {
    return subject.equals(agent.uuid())
        || row().map(known -> known.tasks().contains(subject)).orElse(false);
  }

  private boolean isCovered(Instant time) {
    return row().map(known -> known.covers(time)).orElse(true);
  }

  private int removeMessages(int limit) {
    List<MessageRow> found =
        tables
            .messages
            .log
            .all()
            .filter(
                row ->
                    row.message().envelope().from().equals(Optional.of(agent))
                        || row.message().envelope().to().equals(Optional.of(agent)))
            .limit(limit)
            .toList();
    for (MessageRow row : found) {
      int unusedCopies =
          tables.messages.removeDeliveries(copy -> copy.message().equals(row.message().id()));
      boolean unused = tables.messages.log.remove(row.message().id());
    }
    return found.size();
  }

  List<UUID> tasks(int limit) {
    return tables
        .tasks
        .all()
        .filter(row -> isOwned(row.task().request()))
        .map(row -> row.task().id())
        .sorted()
        .limit(limit)
        .toList();
  }

  private boolean isOwned(NewTask task) {
    return task.createdBy().equals(Optional.of(agent))
        || (task.createdBy().isEmpty() && task.assignedTo().equals(Optional.of(agent)));
  }

  private int removeTasks(int limit) {
    Set<UUID> removed = new LinkedHashSet<>(tasks(limit));
    if (removed.isEmpty()) {
      return 0;
    }
    removed.forEach(tables.tasks::remove);
    List<TaskRow> referring =
        tables
            .tasks
            .all()
            .filter(
                row ->
                    row.task().request().parent().filter(removed::contains).isPresent()
                        || row.waits().keySet().stream().anyMatch(removed::contains))
            .toList();
    for (TaskRow row : referring) {
      TaskDraft draft = new TaskDraft(row);
      draft.forget(removed);
      tables.tasks.put(draft.id, draft.row());
    }
    row().ifPresent(known -> tables.forgotten.put(agent, known.withTasks(removed)));
    return removed.size();
  }

  private int removeFacts(int limit) {
    Set<UUID> gone = new LinkedHashSet<>();
    tables
        .facts
        .all()
        .filter(
            stored ->
                stored.row().source().equals(Optional.of(agent))
                    || stored.row().entityId().equals(agent.toString()))
        .limit(limit)
        .forEach(stored -> gone.add(stored.row().id()));
    int unused = tables.embeddings.removeIf(embedding -> gone.contains(embedding.fact()));
    gone.forEach(tables.facts::remove);
    return gone.size();
  }

  private int removeSagas(int limit) {
    SagaNames names = new SagaNames(tables.sagas, agent);
    List<UUID> roots =
        names.roots().stream().filter(root -> names.open(root) == 0).limit(limit).toList();
    int before = (int) tables.sagas.runs.all().count();
    roots.forEach(tables.sagas::remove);
    return before - (int) tables.sagas.runs.all().count();
  }

  int openSagas() {
    SagaNames names = new SagaNames(tables.sagas, agent);
    return names.roots().stream().mapToInt(names::open).sum();
  }

  private int emptySessions(int limit) {
    List<SessionRow> found =
        tables
            .sessions
            .all()
            .filter(row -> row.session().agent().equals(Optional.of(agent)))
            .filter(row -> row.revokedAt().isEmpty() || tellsOfUser(row))
            .limit(limit)
            .toList();
    found.forEach(row -> tables.sessions.put(row.session().id(), row.revoked(now).emptied()));
    return found.size();
  }

  private static boolean tellsOfUser(SessionRow row) {
    return row.session().user().isPresent()
        || row.session().address().isPresent()
        || row.session().userAgent().isPresent()
        || !row.session().permissions().isEmpty()
        || !row.session().preferences().isEmpty();
  }

  private int emptyStates(int limit) {
    if (!agent.isExternal()) {
      return 0;
    }
    List<StoredState> live =
        tables.states(agent, "").filter(row -> !row.deleted()).limit(limit).toList();
    for (StoredState row : live) {
      tables.putState(
          new StoredState(
              row.key(),
              new byte[0],
              row.revision(),
              row.writtenAt(),
              Optional.empty(),
              true,
              row.provenance()),
          now,
          Optional.empty());
    }
    return live.size();
  }

  private Set<UUID> contents() {
    return row().map(ForgottenAgent::contents).orElse(Set.of());
  }

  List<UUID> unnamedContents() {
    return contents().stream()
        .filter(tables.largeValues::contains)
        .filter(content -> !LargeValueWriter.isNamed(tables, content, now))
        .toList();
  }

  private int removeLargeValues(int limit) {
    List<UUID> unnamed = unnamedContents().stream().limit(limit).toList();
    unnamed.forEach(tables.largeValues::remove);
    return unnamed.size();
  }
}
