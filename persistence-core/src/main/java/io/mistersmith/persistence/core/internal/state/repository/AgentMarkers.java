package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.state.tier.KnownRevisions;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.AgentStore;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Marks agents as deleted in the bucket AGENT_CONFIG. Thread-safe. */
final class AgentMarkers {

  static final byte[] NO_VALUE = {};

  private final AgentStore agents;
  private final HotWrites writes;
  private final KnownRevisions<AgentId> markers;

  /** Notes the places of this process's last markers in {@code markers}. */
  AgentMarkers(AgentStore agents, HotWrites writes, KnownRevisions<AgentId> markers) {
    this.agents = agents;
    this.writes = writes;
    this.markers = markers;
  }

  /** Returns the place of this process's last marker of the agent, if it is known. */
  Optional<Revision> of(AgentId id) {
    return markers.of(id);
  }

  /** Whether markers of this process may have been forgotten. */
  boolean isIncomplete() {
    return markers.isIncomplete();
  }

  /** Marks the agent as deleted, so that readers ask PostgreSQL; returns the marker's sequence. */
  long retract(AgentId id) {
    long sequence =
        writes.publish(
            AgentPublisher.key(id), Operation.DELETE, NO_VALUE, EntryMetadata.NONE, HotWrites.ANY);
    markers.note(id, place(sequence), Optional.empty());
    return sequence;
  }

  /** The place of an entry in the bucket's stream, to be compared with that of a marker. */
  static Revision place(HotEntry entry) {
    return place(entry.sequence());
  }

  private static Revision place(long sequence) {
    return new Revision.OfJournal(1, sequence);
  }

  /**
   * {@link #retract} of many: each marker is sent before the one before it is acknowledged.
   *
   * @param failures takes the failure of each agent that may not be marked
   * @return the sequences of the markers
   */
  Map<AgentId, Long> retractAll(
      Collection<AgentId> ids, Map<AgentId, PersistenceException> failures) {
    Map<AgentId, Long> expected = new LinkedHashMap<>();
    ids.forEach(id -> expected.put(id, HotWrites.ANY));
    return mark(expected, failures);
  }

  /**
   * Marks agents again, once their rows are gone. Where something was published after the first
   * marker, PostgreSQL tells whether it is the agent's next registration, which stays.
   *
   * @param before the sequences of the first markers
   * @return the failure of each agent that may not be marked
   */
  Map<AgentId, PersistenceException> retractAgain(Map<AgentId, Long> before) {
    Map<AgentId, PersistenceException> failures = new LinkedHashMap<>();
    Map<AgentId, Long> marked = mark(before, failures);
    Set<AgentId> overtaken = new LinkedHashSet<>(before.keySet());
    overtaken.removeAll(marked.keySet());
    overtaken.removeIf(id -> !Conflicts.isConflict(Objects.requireNonNull(failures.get(id))));
    if (!overtaken.isEmpty()) {
      failures.keySet().removeAll(overtaken);
      try {
        overtaken.removeAll(agents.findAll(overtaken).keySet());
        Map<AgentId, Long> unused = retractAll(overtaken, failures);
      } catch (PersistenceException e) {
        overtaken.forEach(id -> failures.put(id, e));
      }
    }
    return failures;
  }

  private Map<AgentId, Long> mark(
      Map<AgentId, Long> expected, Map<AgentId, PersistenceException> failures) {
    Map<AgentId, CompletableFuture<Long>> sent = new LinkedHashMap<>();
    expected.forEach(
        (id, sequence) ->
            sent.put(
                id,
                writes.publishAsync(
                    AgentPublisher.key(id),
                    Operation.DELETE,
                    NO_VALUE,
                    EntryMetadata.NONE,
                    sequence)));
    Map<AgentId, Long> marked = new LinkedHashMap<>();
    sent.forEach(
        (id, answer) -> {
          try {
            long sequence = answer.join();
            markers.note(id, place(sequence), Optional.empty());
            marked.put(id, sequence);
          } catch (CompletionException e) {
            if (!(e.getCause() instanceof PersistenceException failure)) {
              throw e;
            }
            failures.put(id, failure);
          }
        });
    return marked;
  }
}
