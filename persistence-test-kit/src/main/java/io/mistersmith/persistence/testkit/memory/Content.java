package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.knowledge.Embedding;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import io.mistersmith.persistence.spi.sql.DataKeyStore;
import io.mistersmith.persistence.spi.sql.EntryWriteStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.KnowledgeStore.StoredFact;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.task.Task;
import io.mistersmith.persistence.task.Task.Dependency;
import io.mistersmith.persistence.task.Task.Execution;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The committed content of the durable store. Rows are immutable, so that a row which is another
 * object was changed; the tables are guarded by the {@link MemoryDatabase} that has them.
 */
record Content(
    UUID installation,
    Set<String> sets,
    Table<AgentId, AgentRow> agents,
    Table<StateId, StateRow> states,
    Table<StateId, StateRow> logEntries,
    Table<UUID, DeadRow> deadLetters,
    Table<String, PositionRow> positions,
    Table<SampledFor, List<Sample>> samples,
    Table<String, Lease> leases,
    Table<UUID, CheckpointRow> checkpoints,
    Table<EventId, LifecycleEvent> events,
    Table<String, CommittedRow> committed,
    Table<StateKey, EntryWriteStore.Pending> entryWrites,
    Table<UUID, DataKeyStore.StoredKey> dataKeys,
    Table<UUID, LargeRow> largeValues,
    MessageTables messages,
    Table<UUID, SessionRow> sessions,
    Table<UUID, TaskRow> tasks,
    Table<UUID, Instant> archivedTasks,
    AtomicLong taskNumbers,
    Table<UUID, StoredFact> facts,
    Table<EmbeddingId, Embedding> embeddings,
    Table<Embedding.Model, Integer> dimensions,
    SagaTables sagas,
    OutboxTables outbox,
    UpkeepTables upkeep,
    AlertTables alerts,
    AdviceTables advice,
    Table<UUID, AuditRows.Logged> audit,
    Table<AgentId, ForgottenAgent> forgotten,
    RecoveryTables recovery) {

  /** A row of the registry. */
  record AgentRow(
      StoredAgent stored,
      Instant registeredAt,
      Optional<Instant> heartbeat,
      long publishedVersion) {

    /** The last heartbeat, or the registration of an agent that sent none. */
    Instant lastSeen() {
      return heartbeat.orElse(registeredAt);
    }
  }

  /** The primary key of a state row. */
  record StateId(AgentId agent, String path) implements Comparable<StateId> {

    private static final Comparator<StateId> ORDER =
        Comparator.comparing((StateId id) -> id.agent().toString()).thenComparing(StateId::path);

    @Override
    public int compareTo(StateId other) {
      return ORDER.compare(this, other);
    }
  }

  /** A row of the state and its writer; a tombstone's age counts from {@code since}. */
  record StateRow(StoredState stored, Instant since, Optional<Actor> writer) {}

  /** A dead letter with all that it takes to replay it. */
  record DeadRow(DeadLetter letter, StateChange change) {}

  /** Where a journal's position is, and since when. */
  record PositionRow(JournalPosition position, Instant movedAt) {}

  /** A right that one holder has at a time, as that to flush. */
  record Lease(String name, String holder, Instant until) {}

  /** Where a journal's position was, and since when. */
  record Sample(long epoch, long sequence, Instant movedAt) {}

  /** For whom samples are taken. */
  record SampledFor(String bucket, Duration age) implements Comparable<SampledFor> {

    private static final Comparator<SampledFor> ORDER =
        Comparator.comparing(SampledFor::bucket).thenComparing(SampledFor::age);

    @Override
    public int compareTo(SampledFor other) {
      return ORDER.compare(this, other);
    }
  }

  /** A checkpoint with all that it holds, its parents' entries too. */
  record CheckpointRow(Checkpoint checkpoint, Map<String, StoredState> entries) {}

  /** A content of a large value: its chunks by number, and since when nothing names it. */
  record LargeRow(
      UUID content,
      SortedMap<Integer, byte[]> chunks,
      Instant writtenAt,
      Optional<Instant> unnamedSince) {}

  /** A committed unit with a correlation id. */
  record CommittedRow(UUID attempt, Instant notedAt) {}

  /**
   * A task.
   *
   * @param position orders tasks of the same age; 0 while it cannot be claimed
   * @param token the fencing token of its latest claim
   * @param held the lease, while a worker has it
   * @param executions its attempts
   * @param waits what it waits for
   */
  record TaskRow(
      Task task,
      long position,
      long token,
      Optional<TaskHeld> held,
      List<Execution> executions,
      Map<UUID, TaskWait> waits) {}

  /** A lease: until when it holds, and when the execution has taken too long. */
  record TaskHeld(Instant until, Optional<Instant> deadline) {

    /** Whether the task is to be taken over. */
    boolean isOver(Instant now) {
      return !until.isAfter(now) || deadline.map(end -> !end.isAfter(now)).orElse(false);
    }
  }

  /** What a task waits for in another one, and whether that has happened. */
  record TaskWait(Dependency what, boolean met) {}

  /** Names an embedding: a fact has one of each model. */
  record EmbeddingId(UUID fact, Embedding.Model model) {}

  /** The primary key of an event. */
  record EventId(UUID id, Instant at) {}

  /** Returns empty tables of a new installation. */
  static Content empty() {
    return new Content(
        UUID.randomUUID(),
        Set.of(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfKeys(),
        Table.inOrderOfKeys(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfKeys(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfInsertion(),
        MessageTables.empty(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfInsertion(),
        new AtomicLong(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfInsertion(),
        SagaTables.empty(),
        OutboxTables.empty(),
        UpkeepTables.empty(),
        AlertTables.empty(),
        AdviceTables.empty(),
        Table.inOrderOfInsertion(),
        Table.inOrderOfInsertion(),
        RecoveryTables.empty());
  }

  /** Returns a copy; none of its rows is locked. */
  Content copy() {
    return new Content(
        installation,
        sets,
        agents.copy(),
        states.copy(),
        logEntries.copy(),
        deadLetters.copy(),
        positions.copy(),
        samples.copy(),
        leases.copy(),
        checkpoints.copy(),
        events.copy(),
        committed.copy(),
        entryWrites.copy(),
        dataKeys.copy(),
        largeValues.copy(),
        messages.copy(),
        sessions.copy(),
        tasks.copy(),
        archivedTasks.copy(),
        taskNumbers,
        facts.copy(),
        embeddings.copy(),
        dimensions.copy(),
        sagas.copy(),
        outbox.copy(),
        upkeep.copy(),
        alerts.copy(),
        advice.copy(),
        audit.copy(),
        forgotten.copy(),
        recovery.copy());
  }

  /** Returns the same tables as another installation's. */
  Content withInstallation(UUID another) {
    return new Content(
        another,
        sets,
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
        messages,
        sessions,
        tasks,
        archivedTasks,
        taskNumbers,
        facts,
        embeddings,
        dimensions,
        sagas,
        outbox,
        upkeep,
        alerts,
        advice,
        audit,
        forgotten,
        recovery);
  }

  /** Returns the same tables with these sets of migrations, and those that were applied before. */
  Content withSets(Collection<String> more) {
    Set<String> all = new HashSet<>(sets);
    all.addAll(more);
    return new Content(
        installation,
        Set.copyOf(all),
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
        messages,
        sessions,
        tasks,
        archivedTasks,
        taskNumbers,
        facts,
        embeddings,
        dimensions,
        sagas,
        outbox,
        upkeep,
        alerts,
        advice,
        audit,
        forgotten,
        recovery);
  }
}
