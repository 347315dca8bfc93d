package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.CheckpointStore;
import io.mistersmith.persistence.spi.sql.CheckpointStore.NewCheckpoint;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
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

  private final Session session;

  MemoryCheckpointStore(Session session) {
    this.session = session;
  }

  @Override
  public Checkpoint create(NewCheckpoint checkpoint) {
    AgentId unused = checkpoint.agent().requireRegistered("checkpoints");
    Instant now = session.now().truncatedTo(ChronoUnit.MICROS);
    String what = "checkpoint " + checkpoint.id() + " of agent " + checkpoint.agent();
    return session.snapshot(what, tables -> create(tables, what, checkpoint, now));
  }

  private static Checkpoint create(
      Tables tables, String what, NewCheckpoint checkpoint, Instant now) {
    if (!tables.agents.refer(checkpoint.agent())) {
      throw notFound(what + ": the agent is not registered");
    }
    Optional<Content.CheckpointRow> parent =
        checkpoint.parent().map(id -> parent(tables, checkpoint, id));
    Optional<JournalPosition> position = tables.position(checkpoint.bucket());
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
    List<StoredState> rows = tables.states(checkpoint.agent(), "").toList();
    NavigableMap<String, StoredState> live = new TreeMap<>();
    for (StoredState row : rows) {
      if (!LogStore.isOfLog(row.key())
          && !row.deleted()
          && row.expiresAt().map(at -> at.isAfter(checkpoint.now())).orElse(true)) {
        live.put(row.key().path(), row);
      }
    }
    Checkpoint made =
        new Checkpoint(
            checkpoint.id(),
            checkpoint.agent(),
            checkpoint.name(),
            checkpoint.trigger(),
            checkpoint.parent(),
            position
                .filter(at -> at.sequence() > 0)
                .map(at -> new Revision.OfJournal(at.epochOf(at.sequence()), at.sequence())),
            rows.stream()
                .map(StoredState::revision)
                .max(Comparator.naturalOrder())
                .map(revision -> OptionalLong.of(revision.sequence()))
                .orElse(OptionalLong.empty()),
            live.size(),
            size(parent.map(Content.CheckpointRow::entries).orElse(Map.of()), live),
            deadLetters,
            now);
    tables.checkpoints.put(made.id(), new Content.CheckpointRow(made, Map.copyOf(live)));
    tables.happened(
        made.agent(),
        LifecycleEvent.CHECKPOINT_CREATED,
        Map.of("checkpoint", made.id().toString()),
        now);
    return made;
  }

  private static Content.CheckpointRow parent(Tables tables, NewCheckpoint checkpoint, UUID id) {
    Content.CheckpointRow parent =
        tables
            .checkpoints
            .find(id)
            .filter(row -> row.checkpoint().agent().equals(checkpoint.agent()))
            .orElseThrow(
                () -> notFound("agent " + checkpoint.agent() + " has no checkpoint " + id));
    boolean there = tables.checkpoints.refer(id);
    assert there;
    return parent;
  }

  private static boolean reaches(JournalPosition position, Revision.OfJournal revision) {
    return position.sequence() >= revision.sequence()
        && position.epochOf(revision.sequence()) == revision.epoch();
  }

  private static int deadLetters(Tables tables, NewCheckpoint checkpoint) {
    AgentId agent = checkpoint.agent();
    return (int)
        tables
            .deadLetters
            .all()
            .filter(row -> row.letter().bucket().equals(checkpoint.bucket()))
            .flatMap(row -> row.change().key().stream())
            .filter(key -> key.agent().equals(agent))
            .map(StateKey::path)
            .distinct()
            .count();
  }

  /** Returns the entries that a store of changes since the parent would keep. */
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
  public List<Checkpoint> list(AgentId agent) {
    AgentId unused = agent.requireRegistered("checkpoints");
    return session.call(
        tables -> {
          // Made later, listed first, also where the clock stood still.
          List<Checkpoint> all =
              new ArrayList<>(
                  tables
                      .checkpoints
                      .all()
                      .map(Content.CheckpointRow::checkpoint)
                      .filter(checkpoint -> checkpoint.agent().equals(agent))
                      .toList());
          Collections.reverse(all);
          all.sort(Comparator.comparing(Checkpoint::createdAt).reversed());
          return List.copyOf(all);
        });
  }

  @Override
  public Optional<Checkpoint> find(UUID id) {
    return session.call(
        tables -> tables.checkpoints.find(id).map(Content.CheckpointRow::checkpoint));
  }

  @Override
  public Optional<Checkpoint> find(AgentId agent, String name) {
    return list(agent).stream()
        .filter(checkpoint -> checkpoint.name().equals(Optional.of(name)))
        .findFirst();
  }

  @Override
  public List<StoredState> entries(UUID id) {
    return session.snapshot(
        "read the entries of checkpoint " + id,
        tables -> {
          Content.CheckpointRow row =
              tables
                  .checkpoints
                  .find(id)
                  .orElseThrow(() -> notFound("there is no checkpoint " + id));
          return List.copyOf(new TreeMap<>(row.entries()).values());
        });
  }

  @Override
  public int delete(AgentId agent, Collection<UUID> ids, String eventType) {
    AgentId unused = agent.requireRegistered("checkpoints");
    Instant now = session.now().truncatedTo(ChronoUnit.MICROS);
    return session.call(
        tables -> {
          List<UUID> there =
              tables
                  .checkpoints
                  .all()
                  .map(Content.CheckpointRow::checkpoint)
                  .filter(checkpoint -> checkpoint.agent().equals(agent))
                  .map(Checkpoint::id)
                  .filter(ids::contains)
                  .toList();
          for (Content.CheckpointRow row : tables.checkpoints.all().toList()) {
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
