package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.state.tier.KnownRevisions;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings committed agents into the bucket AGENT_CONFIG, never an older version over a newer one.
 *
 * <p>PostgreSQL comes first, so a process can die between its commit and the bucket. The row
 * remembers which version was published; {@link #publishMissing()} makes up for the rest, from any
 * process.
 *
 * <p>An agent can be deleted between the commit of a version and its publication, which then
 * replaces the marker, or an entry of its next registration. So a version that replaces any message
 * is compared with the row afterwards, and withdrawn if the row has gone. A delete writes its last
 * marker after the row has gone: either that marker follows the publication, or the comparison
 * finds no row.
 */
public final class AgentPublisher {

  private static final Logger LOG = LoggerFactory.getLogger(AgentPublisher.class);
  private static final String KEY = "registry";
  private static final byte[] NO_VALUE = {};
  private static final int BATCH = 500;

  /** The most batches in one run of {@link #publishMissing()}. */
  private static final int MAX_BATCHES = 200;

  private final AgentStore agents;
  private final HotReads reads;
  private final HotWrites writes;
  private final KnownRevisions<AgentId> markers;
  private final AgentCodec codec = new AgentCodec();

  /**
   * Publishes the agents of {@code agents} to a bucket.
   *
   * @param markers the places of this process's last markers in the bucket's stream
   */
  public AgentPublisher(
      AgentStore agents, HotReads reads, HotWrites writes, KnownRevisions<AgentId> markers) {
    this.agents = agents;
    this.reads = reads;
    this.writes = writes;
    this.markers = markers;
  }

  /**
   * The agent as the bucket has it; a marker counts as nothing, as PostgreSQL has the last word. So
   * does what a replica has from before this process's own marker.
   *
   * @param unsure whether this process may have known a later version than a replica has
   */
  Optional<Versioned<Agent>> find(AgentId id, boolean unsure) {
    Optional<Revision> marker = markers.of(id);
    boolean asksLeader =
        reads.hasReplicas() && (unsure || (marker.isEmpty() && markers.isIncomplete()));
    return reads
        .get(key(id), asksLeader ? ReadFrom.LEADER : ReadFrom.ANY_REPLICA)
        .filter(hot -> hot.operation() == Operation.PUT)
        .filter(hot -> marker.isEmpty() || place(hot.sequence()).isAfter(marker.get()))
        .filter(hot -> hot.metadata().published().isPresent())
        .map(
            hot ->
                new Versioned<>(
                    codec.decode(hot.value()),
                    hot.metadata().published().get(),
                    hot.time(),
                    StorageLayer.DISTRIBUTED_KV,
                    Optional.empty()));
  }

  /** Publishes a version that was just committed, unless the bucket has a later one. */
  void publish(StoredAgent stored) {
    try {
      if (Conflicts.retry(() -> publishOver(stored, reads.get(keyOf(stored), ReadFrom.LEADER)))) {
        agents.markPublished(stored.agent().id(), stored.version());
      }
    } catch (PersistenceException e) {
      notYet(stored, e);
    }
  }

  /**
   * {@link #publish} of many: each publish is sent before the one before it is acknowledged. The
   * first version of an agent is sent without reading the bucket, which has no entry of a new
   * agent.
   *
   * @return whether the bucket has all of them now
   */
  boolean publishAll(Collection<StoredAgent> committed) {
    Map<AgentId, Long> published = new HashMap<>();
    try {
      List<StoredAgent> lost = send(with(committed, true), Map.of(), published);
      lost.addAll(with(committed, false));
      if (!lost.isEmpty()) {
        List<StateKey> keys = lost.stream().map(AgentPublisher::keyOf).toList();
        send(lost, reads.getAll(keys, ReadFrom.LEADER), published).forEach(this::publish);
      }
      agents.markAllPublished(published);
      return true;
    } catch (PersistenceException e) {
      LOG.info(
          "not all of {} agents that are in PostgreSQL are in {} yet, trying again: {}",
          committed.size(),
          writes.name(),
          e.getMessage());
      return false;
    }
  }

  private static List<StoredAgent> with(Collection<StoredAgent> agents, boolean firstVersion) {
    return agents.stream().filter(stored -> (stored.version() == 1) == firstVersion).toList();
  }

  /**
   * Publishes the agents that the bucket lacks.
   *
   * @param found the bucket's entries
   * @param published takes the versions that the bucket has afterwards
   * @return the agents whose entry another writer has changed
   */
  private List<StoredAgent> send(
      List<StoredAgent> committed, Map<StateKey, HotEntry> found, Map<AgentId, Long> published) {
    Map<StoredAgent, CompletableFuture<Long>> sent = new LinkedHashMap<>();
    Set<StoredAgent> unsure = new HashSet<>();
    for (StoredAgent stored : committed) {
      Optional<HotEntry> hot = Optional.ofNullable(found.get(keyOf(stored)));
      if (isPublished(stored, hot)) {
        published.put(stored.agent().id(), stored.version());
      } else {
        if (hot.isPresent()) {
          unsure.add(stored);
        }
        sent.put(
            stored,
            writes.publishAsync(
                keyOf(stored),
                Operation.PUT,
                codec.encode(stored.agent()),
                metadata(stored),
                hot.map(HotEntry::sequence).orElse(HotWrites.NONE)));
      }
    }
    List<StoredAgent> lost = new ArrayList<>();
    Map<StoredAgent, Long> toCompare = new LinkedHashMap<>();
    for (Map.Entry<StoredAgent, CompletableFuture<Long>> publish : sent.entrySet()) {
      StoredAgent stored = publish.getKey();
      OptionalLong sequence = acknowledged(publish.getValue());
      if (sequence.isEmpty()) {
        lost.add(stored);
      } else if (unsure.contains(stored)) {
        toCompare.put(stored, sequence.getAsLong());
      } else {
        published.put(stored.agent().id(), stored.version());
      }
    }
    toCompare.keySet().removeAll(withdrawDeleted(toCompare));
    toCompare.keySet().forEach(stored -> published.put(stored.agent().id(), stored.version()));
    return lost;
  }

  /** The sequence; empty when another writer was faster. */
  private static OptionalLong acknowledged(CompletableFuture<Long> answer) {
    try {
      return OptionalLong.of(answer.join());
    } catch (CompletionException e) {
      if (e.getCause() instanceof PersistenceException failure) {
        if (Conflicts.isConflict(failure)) {
          return OptionalLong.empty();
        }
        throw failure;
      }
      throw e;
    }
  }

  /**
   * Publishes a version that was read from PostgreSQL where the bucket has an older one or nothing;
   * a marker stays, as the row may be about to be deleted.
   */
  void restore(StoredAgent stored) {
    try {
      Optional<HotEntry> hot = reads.get(keyOf(stored), ReadFrom.LEADER);
      if (hot.isEmpty() || hot.get().operation() == Operation.PUT) {
        boolean unused = publishOver(stored, hot);
      }
    } catch (PersistenceException e) {
      notYet(stored, e);
    }
  }

  /** Returns false for a version that was withdrawn, since its agent was deleted. */
  private boolean publishOver(StoredAgent stored, Optional<HotEntry> hot) {
    if (isPublished(stored, hot)) {
      return true;
    }
    long sequence =
        writes.publish(
            keyOf(stored),
            Operation.PUT,
            codec.encode(stored.agent()),
            metadata(stored),
            hot.map(HotEntry::sequence).orElse(HotWrites.NONE));
    return hot.isEmpty() || withdrawDeleted(Map.of(stored, sequence)).isEmpty();
  }

  /**
   * Compares versions that were just published with their rows, and marks those agents as deleted
   * whose row has gone, or belongs to a later registration, whose version is published then.
   *
   * @param sequences the sequences of the versions
   * @return the versions that are withdrawn
   */
  private Set<StoredAgent> withdrawDeleted(Map<StoredAgent, Long> sequences) {
    Map<AgentId, StoredAgent> rows;
    try {
      rows = agents.findAll(sequences.keySet().stream().map(each -> each.agent().id()).toList());
    } catch (PersistenceException e) {
      // Readers ask PostgreSQL then, which decides.
      sequences.forEach(this::withdraw);
      throw e;
    }
    Set<StoredAgent> withdrawn = new HashSet<>();
    sequences.forEach(
        (stored, sequence) -> {
          Optional<StoredAgent> row = Optional.ofNullable(rows.get(stored.agent().id()));
          boolean isOfThisLife =
              row.filter(now -> now.version() > stored.version() || now.equals(stored)).isPresent();
          if (!isOfThisLife) {
            withdraw(stored, sequence);
            withdrawn.add(stored);
            row.ifPresent(this::publish);
          }
        });
    return withdrawn;
  }

  private void withdraw(StoredAgent stored, long sequence) {
    try {
      long unused =
          writes.publish(keyOf(stored), Operation.DELETE, NO_VALUE, EntryMetadata.NONE, sequence);
    } catch (PersistenceException e) {
      if (!Conflicts.isConflict(e)) {
        throw e;
      }
    }
  }

  /** Whether the bucket's entry is of this version or a later one. */
  private static boolean isPublished(StoredAgent stored, Optional<HotEntry> hot) {
    Revision version = new Revision.OfRow(stored.version());
    return hot.filter(entry -> entry.operation() == Operation.PUT)
        .flatMap(entry -> entry.metadata().published())
        .map(found -> !version.isAfter(found))
        .orElse(false);
  }

  private static EntryMetadata metadata(StoredAgent stored) {
    return EntryMetadata.published(new Revision.OfRow(stored.version()));
  }

  private void notYet(StoredAgent stored, PersistenceException failure) {
    LOG.info(
        "agent {}: version {} is in PostgreSQL but not in {} yet, trying again: {}",
        stored.agent().id(),
        stored.version(),
        writes.name(),
        failure.getMessage());
  }

  /** Marks the agent as deleted, so that readers ask PostgreSQL; returns the marker's sequence. */
  long retract(AgentId id) {
    long sequence =
        writes.publish(key(id), Operation.DELETE, NO_VALUE, EntryMetadata.NONE, HotWrites.ANY);
    markers.note(id, place(sequence), Optional.empty());
    return sequence;
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
                    key(id), Operation.DELETE, NO_VALUE, EntryMetadata.NONE, sequence)));
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

  /** Publishes the versions whose author did not get to it. */
  public void publishMissing() {
    try {
      for (int batch = 0; batch < MAX_BATCHES; batch++) {
        List<StoredAgent> missing = agents.unpublished(BATCH);
        if (!publishAll(missing) || missing.size() < BATCH) {
          return;
        }
      }
    } catch (PersistenceException e) {
      LOG.info("unpublished agents not read, trying again: {}", e.getMessage());
    }
  }

  private static StateKey keyOf(StoredAgent stored) {
    return key(stored.agent().id());
  }

  static StateKey key(AgentId id) {
    return StateKey.of(id, KEY);
  }
}
