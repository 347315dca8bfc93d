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
import java.util.List;
import java.util.Map;
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
 *
 * <p>A process can die before it compares. So what replaces a marker is a claim at first, an entry
 * without a version, and readers ask PostgreSQL. It gets its version when the row was found.
 */
public final class AgentPublisher {

  private static final Logger LOG = LoggerFactory.getLogger(AgentPublisher.class);
  private static final String KEY = "registry";
  private static final int BATCH = 500;

  /** The most batches in one run of {@link #publishMissing()}. */
  private static final int MAX_BATCHES = 200;

  private final AgentStore agents;
  private final HotReads reads;
  private final HotWrites writes;
  private final AgentMarkers markers;
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
    this.markers = new AgentMarkers(agents, writes, markers);
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
        .filter(hot -> marker.isEmpty() || AgentMarkers.place(hot).isAfter(marker.get()))
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
    Set<StoredAgent> claimed = new HashSet<>();
    for (StoredAgent stored : committed) {
      Optional<HotEntry> hot = Optional.ofNullable(found.get(keyOf(stored)));
      if (isPublished(stored, hot)) {
        published.put(stored.agent().id(), stored.version());
      } else {
        if (hot.isPresent()) {
          unsure.add(stored);
        }
        if (isClaimed(hot)) {
          claimed.add(stored);
        }
        sent.put(
            stored, publishAsync(stored, hot.map(HotEntry::sequence).orElse(HotWrites.NONE), hot));
      }
    }
    List<StoredAgent> lost = new ArrayList<>();
    Map<StoredAgent, Long> toCompare = new LinkedHashMap<>();
    sent.forEach(
        (stored, answer) -> {
          OptionalLong sequence = acknowledged(answer);
          if (sequence.isEmpty()) {
            lost.add(stored);
          } else if (unsure.contains(stored)) {
            toCompare.put(stored, sequence.getAsLong());
          } else {
            published.put(stored.agent().id(), stored.version());
          }
        });
    toCompare.keySet().removeAll(withdrawDeleted(toCompare));
    Map<StoredAgent, CompletableFuture<Long>> confirmed = new LinkedHashMap<>();
    toCompare.forEach(
        (stored, sequence) -> {
          if (claimed.contains(stored)) {
            confirmed.put(stored, publishAsync(stored, sequence, Optional.empty()));
          }
        });
    confirmed.forEach(
        (stored, answer) -> {
          if (acknowledged(answer).isEmpty()) {
            lost.add(stored);
            toCompare.remove(stored);
          }
        });
    toCompare.keySet().forEach(stored -> published.put(stored.agent().id(), stored.version()));
    return lost;
  }

  /** Publishes a version after this sequence, or a claim where {@code hot} is not an entry. */
  private CompletableFuture<Long> publishAsync(
      StoredAgent stored, long after, Optional<HotEntry> hot) {
    return writes.publishAsync(
        keyOf(stored),
        Operation.PUT,
        codec.encode(stored.agent()),
        isClaimed(hot) ? EntryMetadata.NONE : metadata(stored),
        after);
  }

  /** Whether what follows this message is a claim at first. */
  private static boolean isClaimed(Optional<HotEntry> hot) {
    return hot.filter(entry -> entry.metadata().published().isEmpty()).isPresent();
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
    boolean claims = isClaimed(hot);
    long sequence =
        publish(
            stored,
            claims ? EntryMetadata.NONE : metadata(stored),
            hot.map(HotEntry::sequence).orElse(HotWrites.NONE));
    if (hot.isPresent() && !withdrawDeleted(Map.of(stored, sequence)).isEmpty()) {
      return false;
    }
    if (claims) {
      long unused = publish(stored, metadata(stored), sequence);
    }
    return true;
  }

  private long publish(StoredAgent stored, EntryMetadata metadata, long after) {
    return writes.publish(
        keyOf(stored), Operation.PUT, codec.encode(stored.agent()), metadata, after);
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
          writes.publish(
              keyOf(stored), Operation.DELETE, AgentMarkers.NO_VALUE, EntryMetadata.NONE, sequence);
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

  /** The marks of deleted agents in the bucket. */
  AgentMarkers markers() {
    return markers;
  }

  static StateKey key(AgentId id) {
    return StateKey.of(id, KEY);
  }
}
