package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.lifecycle.Checkpoint;
import io.mistersmith.persistence.lifecycle.LifecycleEvent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.repository.DeadLetter;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.StateChange;
import io.mistersmith.persistence.spi.StoredAgent;
import io.mistersmith.persistence.spi.StoredState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The content of the durable store. Rows are immutable; the maps are guarded by the {@link
 * MemoryDatabase} that has them.
 */
final class Tables {

  /** A row of the registry. */
  record AgentRow(StoredAgent stored, Optional<Instant> heartbeat, long publishedVersion) {}

  /** A dead letter with all that it takes to replay it. */
  record DeadRow(DeadLetter letter, StateChange change) {}

  /** The right to flush. */
  record Lease(String holder, Instant until) {}

  /** Where a journal's position was, and since when. */
  record Sample(long epoch, long sequence, Instant movedAt) {}

  /** For whom samples are taken. */
  record SampledFor(String bucket, Duration age) {}

  /** A checkpoint with all that it holds, its parents' entries too. */
  record CheckpointRow(Checkpoint checkpoint, Map<String, StoredState> entries) {}

  final Map<UUID, AgentRow> agents = new LinkedHashMap<>();
  final Map<String, NavigableMap<String, StoredState>> states = new HashMap<>();
  final Map<StateKey, Instant> tombstones = new HashMap<>();
  final Map<UUID, DeadRow> deadLetters = new LinkedHashMap<>();
  final Map<String, JournalPosition> positions = new HashMap<>();
  final Map<String, Sample> moves = new HashMap<>();
  final Map<SampledFor, List<Sample>> samples = new HashMap<>();
  final Map<String, Lease> leases = new HashMap<>();
  final Map<UUID, CheckpointRow> checkpoints = new LinkedHashMap<>();
  final List<LifecycleEvent> events = new ArrayList<>();

  Tables() {}

  Tables copy() {
    Tables copy = new Tables();
    copy.agents.putAll(agents);
    states.forEach((agent, rows) -> copy.states.put(agent, new TreeMap<>(rows)));
    copy.tombstones.putAll(tombstones);
    copy.deadLetters.putAll(deadLetters);
    copy.positions.putAll(positions);
    copy.moves.putAll(moves);
    samples.forEach((whom, taken) -> copy.samples.put(whom, List.copyOf(taken)));
    copy.leases.putAll(leases);
    copy.checkpoints.putAll(checkpoints);
    copy.events.addAll(events);
    return copy;
  }

  Optional<StoredState> state(StateKey key) {
    return Optional.ofNullable(states.get(key.agent())).map(rows -> rows.get(key.key()));
  }

  /** Records an event that changes no status. */
  void happened(UUID agent, String type, Map<String, Object> data, Instant at) {
    events.add(LifecycleEvent.of(agent, type, data, at));
  }

  /** Puts a journal's position there, and remembers since when it is. */
  void move(JournalPosition position, Instant now) {
    positions.put(position.bucket(), position);
    moves.put(position.bucket(), new Sample(position.epoch(), position.sequence(), now));
  }

  void putState(StoredState row) {
    states.computeIfAbsent(row.key().agent(), a -> new TreeMap<>()).put(row.key().key(), row);
  }
}
