package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.lifecycle.Checkpoint;
import io.mistersmith.persistence.lifecycle.LifecycleEvent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.CheckpointStore;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.NewCheckpoint;
import io.mistersmith.persistence.spi.StoredState;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;

/** Copies of agents' states. */
final class MemoryCheckpointStore implements CheckpointStore {

  private final MemoryDatabase database;
  private final Connection connection;

  MemoryCheckpointStore(MemoryDatabase database, Connection connection) {
    this.database = database;
    this.connection = connection;
  }

  @Override
  public Checkpoint create(NewCheckpoint checkpoint) {
    connection.checkSql();
    Instant now = connection.now().truncatedTo(ChronoUnit.MICROS);
    return database.transact(tables -> create(tables, checkpoint, now));
  }

  private static Checkpoint create(Tables tables, NewCheckpoint checkpoint, Instant now) {
    String what = "checkpoint " + checkpoint.id() + " of agent " + checkpoint.agent();
    if (!tables.agents.containsKey(checkpoint.agent())) {
      throw notFound(what + ": the agent is not registered");
    }
    Optional<Tables.CheckpointRow> parent =
        checkpoint.parent().map(id -> parent(tables, checkpoint, id));
    Optional<JournalPosition> position =
        Optional.ofNullable(tables.positions.get(checkpoint.bucket()));
    checkpoint
        .atLeast()
        .filter(revision -> position.isEmpty() || !reaches(position.get(), revision))
        .ifPresent(
            revision -> {
              throw new TransientPersistenceException(
                  DataError.CONSISTENCY_VIOLATION,
                  what + ": the store has not got revision " + revision + " (any more)");
            });
    int deadLetters = deadLetters(tables, checkpoint);
    if (deadLetters > 0 && !checkpoint.allowDeadLetters()) {
      throw new NonTransientPersistenceException(
          DataError.DEAD_LETTERED, what + ": " + deadLetters + " of its keys have dead letters");
    }
    NavigableMap<String, StoredState> rows =
        tables.states.getOrDefault(checkpoint.agent().toString(), new TreeMap<>());
    NavigableMap<String, StoredState> live = new TreeMap<>();
    rows.forEach(
        (key, row) -> {
          if (!row.deleted()
              && row.expiresAt().map(at -> at.isAfter(checkpoint.now())).orElse(true)) {
            live.put(key, row);
          }
        });
    Checkpoint made =
        new Checkpoint(
            checkpoint.id(),
            checkpoint.agent(),
            checkpoint.name(),
            checkpoint.trigger(),
            checkpoint.parent(),
            position
                .filter(at -> at.sequence() > 0)
                .map(at -> new Revision(at.epochOf(at.sequence()), at.sequence())),
            rows.values().stream()
                .map(StoredState::revision)
                .max(Comparator.naturalOrder())
                .map(revision -> OptionalLong.of(revision.sequence()))
                .orElse(OptionalLong.empty()),
            live.size(),
            size(parent.map(Tables.CheckpointRow::entries).orElse(Map.of()), live),
            deadLetters,
            now);
    tables.checkpoints.put(made.id(), new Tables.CheckpointRow(made, Map.copyOf(live)));
    tables.happened(
        made.agent(),
        LifecycleEvent.CHECKPOINT_CREATED,
        Map.of("checkpoint", made.id().toString()),
        now);
    return made;
  }

  private static Tables.CheckpointRow parent(Tables tables, NewCheckpoint checkpoint, UUID id) {
    Tables.CheckpointRow parent = tables.checkpoints.get(id);
    if (parent == null || !parent.checkpoint().agent().equals(checkpoint.agent())) {
      throw notFound("agent " + checkpoint.agent() + " has no checkpoint " + id);
    }
    return parent;
  }

  private static boolean reaches(JournalPosition position, Revision revision) {
    return position.sequence() >= revision.sequence()
        && position.epochOf(revision.sequence()) == revision.epoch();
  }

  private static int deadLetters(Tables tables, NewCheckpoint checkpoint) {
    String agent = checkpoint.agent().toString();
    return (int)
        tables.deadLetters.values().stream()
            .filter(row -> row.letter().bucket().equals(checkpoint.bucket()))
            .flatMap(row -> row.change().key().stream())
            .filter(key -> key.agent().equals(agent))
            .map(StateKey::key)
            .distinct()
            .count();
  }

  /** What a store would keep that keeps only the changes since the parent. */
  private static long size(Map<String, StoredState> before, Map<String, StoredState> after) {
    long bytes = 0;
    for (Map.Entry<String, StoredState> entry : after.entrySet()) {
      StoredState old = before.get(entry.getKey());
      if (old == null || !old.revision().equals(entry.getValue().revision())) {
        bytes += length(entry.getKey()) + entry.getValue().value().length;
      }
    }
    for (String key : before.keySet()) {
      bytes += after.containsKey(key) ? 0 : length(key);
    }
    return bytes;
  }

  private static int length(String key) {
    return key.getBytes(StandardCharsets.UTF_8).length;
  }

  @Override
  public List<Checkpoint> list(UUID agent) {
    connection.checkSql();
    return database.transact(
        tables -> {
          // Made later, listed first, also where the clock stood still.
          List<Checkpoint> all =
              new ArrayList<>(
                  tables.checkpoints.values().stream()
                      .map(Tables.CheckpointRow::checkpoint)
                      .filter(checkpoint -> checkpoint.agent().equals(agent))
                      .toList());
          Collections.reverse(all);
          all.sort(Comparator.comparing(Checkpoint::createdAt).reversed());
          return List.copyOf(all);
        });
  }

  @Override
  public Optional<Checkpoint> find(UUID id) {
    connection.checkSql();
    return database.transact(
        tables ->
            Optional.ofNullable(tables.checkpoints.get(id)).map(Tables.CheckpointRow::checkpoint));
  }

  @Override
  public List<StoredState> entries(UUID id) {
    connection.checkSql();
    return database.transact(
        tables -> {
          Tables.CheckpointRow row = tables.checkpoints.get(id);
          if (row == null) {
            throw notFound("there is no checkpoint " + id);
          }
          return List.copyOf(new TreeMap<>(row.entries()).values());
        });
  }

  @Override
  public int delete(UUID agent, Collection<UUID> ids, String eventType) {
    connection.checkSql();
    Instant now = connection.now().truncatedTo(ChronoUnit.MICROS);
    return database.transact(
        tables -> {
          List<UUID> there =
              tables.checkpoints.values().stream()
                  .map(Tables.CheckpointRow::checkpoint)
                  .filter(checkpoint -> checkpoint.agent().equals(agent))
                  .map(Checkpoint::id)
                  .filter(ids::contains)
                  .toList();
          for (Tables.CheckpointRow row : tables.checkpoints.values()) {
            Optional<UUID> parent = row.checkpoint().parent().filter(there::contains);
            if (parent.isPresent() && !there.contains(row.checkpoint().id())) {
              throw new NonTransientPersistenceException(
                  DataError.CONSTRAINT_VIOLATION,
                  "agent %s: checkpoint %s needs %s"
                      .formatted(agent, row.checkpoint().id(), parent.get()));
            }
          }
          there.forEach(tables.checkpoints::remove);
          if (!there.isEmpty()) {
            List<String> named = there.stream().map(UUID::toString).toList();
            tables.happened(agent, eventType, Map.of("checkpoints", named), now);
          }
          return there.size();
        });
  }

  private static NonTransientPersistenceException notFound(String message) {
    return new NonTransientPersistenceException(DataError.NOT_FOUND, message);
  }
}
