package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.spi.sql.AlertThreshold;
import io.mistersmith.persistence.spi.sql.DataKeyStore;
import io.mistersmith.persistence.spi.sql.EntryWriteStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.StoredFact;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.RecoveryStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** The tables of the durable store as one transaction sees them. */
final class Tables {

  final Rows<AgentId, Content.AgentRow> agents;
  final Rows<Content.StateId, Content.StateRow> states;
  final Rows<Content.StateId, Content.StateRow> logEntries;
  final Rows<UUID, Content.DeadRow> deadLetters;
  final Rows<String, Content.PositionRow> positions;
  final Rows<Content.SampledFor, List<Content.Sample>> samples;
  final Rows<String, Content.Lease> leases;
  final Rows<UUID, Content.CheckpointRow> checkpoints;
  final Rows<Content.EventId, LifecycleEvent> events;
  final Rows<String, Content.CommittedRow> committed;
  final Rows<StateKey, EntryWriteStore.Pending> entryWrites;
  final Rows<UUID, DataKeyStore.StoredKey> dataKeys;
  final Rows<UUID, Content.LargeRow> largeValues;
  final Rows<UUID, StoredFact> facts;
  final Rows<Content.EmbeddingId, Embedding> embeddings;
  final Rows<Embedding.Model, Integer> dimensions;
  final MessageRows messages;
  final Rows<UUID, SessionRow> sessions;
  final Rows<UUID, Content.TaskRow> tasks;
  final Rows<UUID, Instant> archivedTasks;
  final SagaRows sagas;
  final OutboxRows outbox;
  final UpkeepRows upkeep;
  final Rows<String, AlertThreshold> thresholds;
  final Rows<String, AlertTables.State> alertStates;
  final Rows<Long, AlertTables.NoticeRow> alertNotices;
  final AdviceRows advice;
  final AuditRows audit;
  final Rows<AgentId, ForgottenAgent> forgotten;
  final Rows<String, RecoveryStore.KnownBackup> backups;
  final Rows<UUID, RecoveryTables.Drilled> drills;
  private final AtomicLong taskNumbers;
  private final AtomicLong noticeNumbers;
  private final List<Rows<?, ?>> all;
  private final Set<String> sets;
  private UUID installation;

  /** The rows of {@code content} as they are in {@code seen}, which may be the same. */
  Tables(Transaction transaction, Content content, Content seen) {
    installation = content.installation();
    sets = content.sets();
    agents = new Rows<>(transaction, content.agents(), seen.agents());
    states = new Rows<>(transaction, content.states(), seen.states());
    logEntries = new Rows<>(transaction, content.logEntries(), seen.logEntries());
    deadLetters = new Rows<>(transaction, content.deadLetters(), seen.deadLetters());
    positions = new Rows<>(transaction, content.positions(), seen.positions());
    samples = new Rows<>(transaction, content.samples(), seen.samples());
    leases = new Rows<>(transaction, content.leases(), seen.leases());
    checkpoints = new Rows<>(transaction, content.checkpoints(), seen.checkpoints());
    events = new Rows<>(transaction, content.events(), seen.events());
    committed = new Rows<>(transaction, content.committed(), seen.committed());
    entryWrites = new Rows<>(transaction, content.entryWrites(), seen.entryWrites());
    dataKeys = new Rows<>(transaction, content.dataKeys(), seen.dataKeys());
    largeValues = new Rows<>(transaction, content.largeValues(), seen.largeValues());
    facts = new Rows<>(transaction, content.facts(), seen.facts());
    embeddings = new Rows<>(transaction, content.embeddings(), seen.embeddings());
    dimensions = new Rows<>(transaction, content.dimensions(), seen.dimensions());
    tasks = new Rows<>(transaction, content.tasks(), seen.tasks());
    archivedTasks = new Rows<>(transaction, content.archivedTasks(), seen.archivedTasks());
    taskNumbers = content.taskNumbers();
    messages = new MessageRows(transaction, content.messages(), seen.messages());
    sessions = new Rows<>(transaction, content.sessions(), seen.sessions());
    sagas = new SagaRows(transaction, content.sagas(), seen.sagas());
    outbox = new OutboxRows(transaction, content.outbox(), seen.outbox());
    upkeep = new UpkeepRows(transaction, content.upkeep(), seen.upkeep());
    thresholds = new Rows<>(transaction, content.alerts().thresholds(), seen.alerts().thresholds());
    alertStates = new Rows<>(transaction, content.alerts().states(), seen.alerts().states());
    alertNotices = new Rows<>(transaction, content.alerts().notices(), seen.alerts().notices());
    noticeNumbers = content.alerts().numbers();
    advice = new AdviceRows(transaction, content.advice(), seen.advice());
    audit = new AuditRows(transaction, content.audit(), seen.audit());
    forgotten = new Rows<>(transaction, content.forgotten(), seen.forgotten());
    backups = new Rows<>(transaction, content.recovery().backups(), seen.recovery().backups());
    drills = new Rows<>(transaction, content.recovery().drills(), seen.recovery().drills());
    if (sets.contains("events")) {
      states.observe((id, before, after) -> outbox.noteState(before, after));
      tasks.observe(
          (id, before, after) -> outbox.noteTask(before, after, archivedTasks.contains(id)));
    }
    if (sets.contains("audit")) {
      agents.observe((id, before, after) -> audit.noteAgent(before, after));
      states.observe((id, before, after) -> audit.noteState(before, after));
      tasks.observe((id, before, after) -> audit.noteTask(before, after));
    }
    all = new ArrayList<>(messages.all());
    all.addAll(sagas.all());
    all.addAll(outbox.all());
    all.addAll(upkeep.all());
    all.addAll(advice.all());
    all.add(audit.changes);
    all.addAll(
        List.of(
            agents,
            states,
            logEntries,
            deadLetters,
            positions,
            samples,
            leases,
            checkpoints,
            events,
            committed,
            entryWrites,
            dataKeys,
            largeValues,
            sessions,
            tasks,
            archivedTasks,
            facts,
            embeddings,
            dimensions,
            thresholds,
            alertStates,
            alertNotices,
            forgotten,
            backups,
            drills));
  }

  /** The next of a sequence, whose numbers no rollback takes back. */
  long nextTaskNumber() {
    return taskNumbers.incrementAndGet();
  }

  /** The next of a sequence, whose numbers no rollback takes back. */
  long nextNoticeNumber() {
    return noticeNumbers.incrementAndGet();
  }

  UUID installation() {
    return installation;
  }

  /**
   * Fails unless a set of migrations is applied.
   *
   * @param what what needs it
   */
  void requireSet(String set, String what) {
    if (!sets.contains(set)) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          what
              + ": the set of migrations "
              + set
              + " is not applied to this database; open it with migrateOnOpen(\""
              + set
              + "\")");
    }
  }

  boolean hasSet(String set) {
    return sets.contains(set);
  }

  /** Returns these tables for a statement that is run now. */
  Tables at(Instant now) {
    outbox.at(now);
    audit.at(now);
    return this;
  }

  void seeInstallation(UUID now) {
    installation = now;
  }

  Optional<StoredState> state(StateKey key) {
    return rowsOf(key).find(id(key)).map(Content.StateRow::stored);
  }

  /** The table that a key's row is in. */
  private Rows<Content.StateId, Content.StateRow> rowsOf(StateKey key) {
    return LogStore.Key.of(key).isPresent() ? logEntries : states;
  }

  /** Returns the owner's rows whose keys start with {@code prefix}, in no order. */
  Stream<StoredState> states(AgentId agent, String prefix) {
    return states
        .from(
            new Content.StateId(agent, prefix),
            id -> id.agent().equals(agent) && id.path().startsWith(prefix))
        .map(Content.StateRow::stored);
  }

  /** Returns the rows of a log, in no order. */
  Stream<StoredState> logEntries(AgentId owner, String log) {
    String prefix = LogStore.ENTRIES + '.' + log + '.';
    return logEntries
        .from(
            new Content.StateId(owner, prefix),
            id -> id.agent().equals(owner) && id.path().startsWith(prefix))
        .map(Content.StateRow::stored)
        .filter(row -> LogStore.Key.of(row.key()).filter(key -> key.log().equals(log)).isPresent());
  }

  /** Removes all that belongs to an owner. */
  void removeState(AgentId owner) {
    List.of(states, logEntries)
        .forEach(
            rows -> {
              List<Content.StateId> owned =
                  rows.from(new Content.StateId(owner, ""), id -> id.agent().equals(owner))
                      .map(row -> id(row.stored().key()))
                      .toList();
              owned.forEach(rows::remove);
            });
  }

  Optional<JournalPosition> position(String bucket) {
    return positions.find(bucket).map(Content.PositionRow::position);
  }

  /** Records an event that changes no status. */
  void happened(AgentId agent, String type, Map<String, Object> data, Instant at) {
    record(LifecycleEvent.of(agent, type, data, at));
  }

  void record(LifecycleEvent event) {
    events.put(new Content.EventId(event.id(), event.at()), event);
  }

  /** Puts a journal's position there, and remembers since when it is. */
  void move(JournalPosition position, Instant now) {
    positions.put(position.bucket(), new Content.PositionRow(position, now));
  }

  /** Writes a row whose tombstone, if it is one, counts from {@code since}. */
  void putState(StoredState row, Instant since, Optional<Actor> writer) {
    rowsOf(row.key()).put(id(row.key()), new Content.StateRow(row, since, writer));
  }

  static Content.StateId id(StateKey key) {
    return new Content.StateId(key.agent(), key.path());
  }

  boolean isChanged() {
    return all.stream().anyMatch(Rows::isChanged);
  }

  /** Whether a row that was read has been changed by others since. */
  boolean hasReadWhatChanged() {
    return all.stream().anyMatch(Rows::hasReadWhatChanged);
  }

  List<Map<?, ?>> changes() {
    List<Map<?, ?>> changes = new ArrayList<>(all.size());
    all.forEach(rows -> changes.add(rows.changes()));
    return changes;
  }

  /** Puts the changes back to what they were; to none where the list is empty. */
  void putBack(List<Map<?, ?>> changes) {
    for (int i = 0; i < all.size(); i++) {
      all.get(i).putBack(changes.isEmpty() ? Map.of() : changes.get(i));
    }
  }

  void commit() {
    all.forEach(Rows::commit);
  }
}
