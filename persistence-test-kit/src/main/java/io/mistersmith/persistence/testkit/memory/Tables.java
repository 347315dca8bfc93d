package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/** The tables of the durable store as one transaction sees them. */
final class Tables {

  final Rows<AgentId, Content.AgentRow> agents;
  final Rows<Content.StateId, Content.StateRow> states;
  final Rows<UUID, Content.DeadRow> deadLetters;
  final Rows<String, Content.PositionRow> positions;
  final Rows<Content.SampledFor, List<Content.Sample>> samples;
  final Rows<String, Content.Lease> leases;
  final Rows<UUID, Content.CheckpointRow> checkpoints;
  final Rows<Content.EventId, LifecycleEvent> events;
  final Rows<String, Instant> committed;
  final Rows<UUID, Content.LargeRow> largeValues;
  private final List<Rows<?, ?>> all;
  private UUID installation;

  /** The rows of {@code content} as they are in {@code seen}, which may be the same. */
  Tables(Transaction transaction, Content content, Content seen) {
    installation = content.installation();
    agents = new Rows<>(transaction, content.agents(), seen.agents());
    states = new Rows<>(transaction, content.states(), seen.states());
    deadLetters = new Rows<>(transaction, content.deadLetters(), seen.deadLetters());
    positions = new Rows<>(transaction, content.positions(), seen.positions());
    samples = new Rows<>(transaction, content.samples(), seen.samples());
    leases = new Rows<>(transaction, content.leases(), seen.leases());
    checkpoints = new Rows<>(transaction, content.checkpoints(), seen.checkpoints());
    events = new Rows<>(transaction, content.events(), seen.events());
    committed = new Rows<>(transaction, content.committed(), seen.committed());
    largeValues = new Rows<>(transaction, content.largeValues(), seen.largeValues());
    all =
        List.of(
            agents,
            states,
            deadLetters,
            positions,
            samples,
            leases,
            checkpoints,
            events,
            committed,
            largeValues);
  }

  UUID installation() {
    return installation;
  }

  void seeInstallation(UUID now) {
    installation = now;
  }

  Optional<StoredState> state(StateKey key) {
    return states.find(id(key)).map(Content.StateRow::stored);
  }

  /** Returns the owner's rows whose keys start with {@code prefix}, in no order. */
  Stream<StoredState> states(AgentId agent, String prefix) {
    return states
        .from(
            new Content.StateId(agent, prefix),
            id -> id.agent().equals(agent) && id.path().startsWith(prefix))
        .map(Content.StateRow::stored);
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
  void putState(StoredState row, Instant since) {
    states.put(id(row.key()), new Content.StateRow(row, since));
  }

  static Content.StateId id(StateKey key) {
    return new Content.StateId(key.agent(), key.path());
  }

  boolean isChanged() {
    return all.stream().anyMatch(Rows::isChanged);
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
