package io.mistersmith.persistence.core.internal.checkpoint;

import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.core.internal.codec.KeyedCodec;
import io.mistersmith.persistence.core.internal.flush.Commits;
import io.mistersmith.persistence.core.internal.resilience.Deadline;
import io.mistersmith.persistence.core.internal.routing.TieredStore;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.lifecycle.Checkpoint;
import io.mistersmith.persistence.lifecycle.CheckpointOptions;
import io.mistersmith.persistence.lifecycle.Checkpoints;
import io.mistersmith.persistence.lifecycle.ForkOptions;
import io.mistersmith.persistence.lifecycle.LifecycleEvent;
import io.mistersmith.persistence.lifecycle.PruneRule;
import io.mistersmith.persistence.lifecycle.Pruned;
import io.mistersmith.persistence.lifecycle.Restored;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.StorageLayer;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.CheckpointStore;
import io.mistersmith.persistence.spi.NewCheckpoint;
import io.mistersmith.persistence.spi.Provenance;
import io.mistersmith.persistence.spi.StoredState;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The checkpoints of the durable store, made once it has what the agent has written. */
public final class StoredCheckpoints implements Checkpoints {

  /** How many need each other at most, so that a restore reads no more and pruning frees some. */
  private static final int LONGEST_CHAIN = 32;

  private static final int ATTEMPTS = 5;

  private final CheckpointStore checkpoints;
  private final AgentStore agents;
  private final TieredStore store;
  private final Commits commits;
  private final Restorer restorer;

  /** Copies what {@code store} holds, as far as {@code commits} says that it is flushed. */
  public StoredCheckpoints(
      CheckpointStore checkpoints,
      AgentStore agents,
      TieredStore store,
      Commits commits,
      Restorer restorer) {
    this.checkpoints = checkpoints;
    this.agents = agents;
    this.store = store;
    this.commits = commits;
    this.restorer = restorer;
  }

  @Override
  public Checkpoint create(UUID agent, CheckpointOptions options) {
    Optional<Revision> last = store.lastWrite(agent.toString());
    last.ifPresent(
        revision -> commits.awaitAll("checkpoint of agent " + agent, revision, options.deadline()));
    for (int attempt = 1; ; attempt++) {
      Optional<UUID> parent = options.incremental() ? parent(agent) : Optional.empty();
      try {
        return checkpoints.create(
            new NewCheckpoint(
                UUID.randomUUID(),
                agent,
                store.tiers().bucket().name(),
                last,
                now(),
                options.name(),
                options.trigger(),
                parent,
                options.allowDeadLetters()));
      } catch (NonTransientPersistenceException e) {
        boolean parentWent = parent.isPresent() && e.error() == DataError.NOT_FOUND;
        if (!parentWent || attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** The latest one, unless too many are needed for it already. */
  private Optional<UUID> parent(UUID agent) {
    List<Checkpoint> latestFirst = checkpoints.list(agent);
    Map<UUID, Checkpoint> byId = new HashMap<>();
    latestFirst.forEach(checkpoint -> byId.put(checkpoint.id(), checkpoint));
    int length = 0;
    Optional<Checkpoint> link = latestFirst.stream().findFirst();
    while (link.isPresent()) {
      length++;
      link = link.get().parent().map(byId::get);
    }
    return length >= LONGEST_CHAIN
        ? Optional.empty()
        : latestFirst.stream().findFirst().map(Checkpoint::id);
  }

  @Override
  public List<Checkpoint> list(UUID agent) {
    return checkpoints.list(agent);
  }

  @Override
  public Optional<Checkpoint> find(UUID checkpoint) {
    return checkpoints.find(checkpoint);
  }

  @Override
  public <T> Map<StateKey, Versioned<T>> read(UUID checkpoint, Class<T> type) {
    KeyedCodec<T> codec = new KeyedCodec<>(Json.mapping(type));
    Map<StateKey, Versioned<T>> content = new LinkedHashMap<>();
    for (StoredState entry : checkpoints.entries(checkpoint)) {
      content.put(
          entry.key(),
          new Versioned<>(
              codec.decode(entry.key(), entry.value()),
              entry.revision(),
              entry.writtenAt(),
              StorageLayer.RELATIONAL_DB,
              entry.expiresAt(),
              entry.provenance().map(Provenance::clock).orElseGet(VectorClock::empty)));
    }
    return content;
  }

  @Override
  public Restored restore(UUID checkpoint, Duration limit) {
    Deadline deadline = Deadline.after(limit);
    Restoration restoration = Restoration.of(existing(checkpoint));
    return restorer.restore(restoration, checkpoints.entries(checkpoint), deadline);
  }

  @Override
  public Restored fork(UUID checkpoint, UUID toAgent, ForkOptions options) {
    Deadline deadline = Deadline.after(options.deadline());
    Restoration restoration = Restoration.fork(existing(checkpoint), toAgent, options.replacing());
    if (agents.find(toAgent).isEmpty()) {
      throw new NonTransientPersistenceException(
          DataError.NOT_FOUND, restoration + ": that agent is not registered");
    }
    return restorer.restore(restoration, checkpoints.entries(checkpoint), deadline);
  }

  private Checkpoint existing(UUID checkpoint) {
    return checkpoints
        .find(checkpoint)
        .orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.NOT_FOUND, "there is no checkpoint " + checkpoint));
  }

  @Override
  public boolean delete(UUID checkpoint) {
    return checkpoints
        .find(checkpoint)
        .map(
            found ->
                checkpoints.delete(
                        found.agent(), List.of(checkpoint), LifecycleEvent.CHECKPOINT_DELETED)
                    > 0)
        .orElse(false);
  }

  /** A checkpoint that is made meanwhile may need one that was to go: then it looks again. */
  @Override
  public Pruned prune(UUID agent, PruneRule rule) {
    for (int attempt = 1; ; attempt++) {
      List<Checkpoint> all = checkpoints.list(agent);
      Retention retention = Retention.of(rule, all, now());
      List<UUID> removed = ids(retention.removed());
      try {
        if (!removed.isEmpty()) {
          checkpoints.delete(agent, removed, LifecycleEvent.CHECKPOINTS_PRUNED);
        }
        return new Pruned(
            agent,
            removed,
            ids(retention.needed()),
            all.size() - removed.size(),
            retention.removed().stream().mapToLong(Checkpoint::bytes).sum());
      } catch (NonTransientPersistenceException e) {
        if (e.error() != DataError.CONSTRAINT_VIOLATION || attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static List<UUID> ids(List<Checkpoint> some) {
    return some.stream().map(Checkpoint::id).toList();
  }

  private Instant now() {
    return store.tiers().clock().instant();
  }
}
