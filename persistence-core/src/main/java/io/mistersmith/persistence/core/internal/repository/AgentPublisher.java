package io.mistersmith.persistence.core.internal.repository;

import io.mistersmith.persistence.core.internal.resilience.Conflicts;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.StorageLayer;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.ReadFrom;
import io.mistersmith.persistence.spi.StoredAgent;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings committed agents into the bucket AGENT_CONFIG, never an older version over a newer one.
 *
 * <p>PostgreSQL comes first, so a process can die between its commit and the bucket. The row
 * remembers which version was published; {@link #publishMissing()} makes up for the rest, from any
 * process.
 */
public final class AgentPublisher {

  private static final Logger LOG = LoggerFactory.getLogger(AgentPublisher.class);
  private static final String KEY = "registry";
  private static final byte[] NO_VALUE = {};

  private final AgentStore agents;
  private final HotBucket bucket;
  private final AgentCodec codec = new AgentCodec();

  /** Publishes the agents of {@code agents} to {@code bucket}. */
  public AgentPublisher(AgentStore agents, HotBucket bucket) {
    this.agents = agents;
    this.bucket = bucket;
  }

  /**
   * The agent as the bucket has it; a marker counts as nothing, as PostgreSQL has the last word.
   */
  Optional<Versioned<Agent>> find(UUID id) {
    return bucket
        .get(key(id), ReadFrom.ANY_REPLICA)
        .filter(hot -> hot.operation() == Operation.PUT)
        .filter(hot -> hot.metadata().hydrated().isPresent())
        .map(
            hot ->
                new Versioned<>(
                    codec.decode(hot.value()),
                    hot.metadata().hydrated().get(),
                    hot.time(),
                    StorageLayer.DISTRIBUTED_KV,
                    Optional.empty()));
  }

  /** Publishes a version that was just committed, unless the bucket has a later one. */
  void publish(StoredAgent stored) {
    try {
      Conflicts.retry(() -> publishOver(stored, bucket.get(keyOf(stored), ReadFrom.LEADER)));
      agents.markPublished(stored.agent().id(), stored.version());
    } catch (PersistenceException e) {
      notYet(stored, e);
    }
  }

  /**
   * Publishes a version that was read from PostgreSQL where the bucket has an older one or nothing;
   * a marker stays, as the row may be about to be deleted.
   */
  void restore(StoredAgent stored) {
    try {
      Optional<HotEntry> hot = bucket.get(keyOf(stored), ReadFrom.LEADER);
      if (hot.isEmpty() || hot.get().operation() == Operation.PUT) {
        publishOver(stored, hot);
      }
    } catch (PersistenceException e) {
      notYet(stored, e);
    }
  }

  private boolean publishOver(StoredAgent stored, Optional<HotEntry> hot) {
    Revision revision = new Revision(1, stored.version());
    boolean published =
        hot.filter(entry -> entry.operation() == Operation.PUT)
            .flatMap(entry -> entry.metadata().hydrated())
            .map(found -> !revision.isAfter(found))
            .orElse(false);
    if (!published) {
      bucket.publish(
          keyOf(stored),
          Operation.PUT,
          codec.encode(stored.agent()),
          EntryMetadata.hydrated(revision, Optional.empty()),
          hot.map(HotEntry::sequence).orElse(HotBucket.NONE));
    }
    return !published;
  }

  private void notYet(StoredAgent stored, PersistenceException failure) {
    LOG.info(
        "agent {}: version {} is in PostgreSQL but not in {} yet, trying again: {}",
        stored.agent().id(),
        stored.version(),
        bucket.name(),
        failure.getMessage());
  }

  /** Marks the agent as deleted, so that readers ask PostgreSQL. */
  void retract(UUID id) {
    bucket.publish(key(id), Operation.DELETE, NO_VALUE, EntryMetadata.NONE, HotBucket.ANY);
  }

  /** Publishes the versions whose author did not get to it. */
  public void publishMissing() {
    try {
      agents.unpublished(100).forEach(this::publish);
    } catch (PersistenceException e) {
      LOG.info("unpublished agents not read, trying again: {}", e.getMessage());
    }
  }

  private static StateKey keyOf(StoredAgent stored) {
    return key(stored.agent().id());
  }

  private static StateKey key(UUID id) {
    return StateKey.of(id, KEY);
  }
}
