package io.mistersmith.persistence.core.internal.state.checkpoint;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.checkpoint.Checkpoints.PruneRule;
import io.mistersmith.persistence.checkpoint.Checkpoints.Pruned;
import io.mistersmith.persistence.checkpoint.Checkpoints.Restored;
import io.mistersmith.persistence.checkpoint.ForkOptions;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.core.internal.codec.KeyedCodec;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.sql.CheckpointStore;
import io.mistersmith.persistence.spi.sql.CheckpointStore.NewCheckpoint;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlStore.OldReads;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.state.StateType;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;

/** The checkpoints of the durable store, made once it has what the agent has written. */
public final class StoredCheckpoints implements Checkpoints {

  /** How many need each other at most, so that a restore reads no more and pruning frees some. */
  private static final int LONGEST_CHAIN = 32;

  private static final int ATTEMPTS = 5;

  /** Makes a checkpoint in a transaction. */
  private interface Making {
    Checkpoint run(SqlOptions options, Function<? super SqlUnit, Checkpoint> work);
  }

  private final SqlAccess sql;
  private final Making making;
  private final CheckpointStore checkpoints;
  private final OldReads lists;
  private final TieredStore store;
  private final Function<AgentId, Optional<Revision.OfJournal>> lastWrite;
  private final Commits commits;
  private final Restorer restorer;
  private final MadeCheckpoints made;
  private final Consumer<Runnable> afterCommit;

  /** Copies what {@code store} holds, as far as {@code commits} says that it is flushed. */
  public StoredCheckpoints(SqlStore sql, TieredStore store, Commits commits, Restorer restorer) {
    this(
        sql,
        sql.oldReads(),
        sql::inTransaction,
        store,
        agent -> store.lastWrites().of(agent),
        commits,
        restorer,
        new MadeCheckpoints(),
        Runnable::run);
  }

  private StoredCheckpoints(
      SqlAccess sql,
      OldReads lists,
      Making making,
      TieredStore store,
      Function<AgentId, Optional<Revision.OfJournal>> lastWrite,
      Commits commits,
      Restorer restorer,
      MadeCheckpoints made,
      Consumer<Runnable> afterCommit) {
    this.sql = sql;
    this.lists = lists;
    this.making = making;
    this.checkpoints = sql.checkpoints();
    this.store = store;
    this.lastWrite = lastWrite;
    this.commits = commits;
    this.restorer = restorer;
    this.made = made;
    this.afterCommit = afterCommit;
  }

  /**
   * Returns the checkpoints that this process has made lately and that PostgreSQL has no longer,
   * each once. Those that another process deleted are among them.
   */
  public Set<UUID> lost() {
    return made.lost(checkpoints);
  }

  /**
   * The checkpoints in a transaction; {@code afterCommit} runs what is due once it is committed.
   */
  public Checkpoints in(SqlUnit unit, Consumer<Runnable> afterCommit) {
    return new BoundCheckpoints(
        new StoredCheckpoints(
            unit,
            OldReads.of(unit),
            (options, work) -> work.apply(unit),
            store,
            // The transaction sees PostgreSQL as it was when it began, and lacks what was written
            // of others since.
            agent -> store.lastWrites().onlyOf(agent),
            commits,
            restorer,
            made,
            afterCommit));
  }

  @Override
  public Checkpoint create(AgentId agent, CheckpointOptions options) {
    Optional<Revision.OfJournal> last = lastWrite.apply(agent.requireRegistered("checkpoints"));
    last.ifPresent(revision -> await(agent, revision, options));
    Checkpoint checkpoint =
        making.run(
            SqlOptions.of("make a checkpoint of agent " + agent)
                .withIsolation(Isolation.REPEATABLE_READ)
                .withAttempts(ATTEMPTS),
            unit ->
                unit.checkpoints()
                    .create(
                        new NewCheckpoint(
                            UUID.randomUUID(),
                            agent,
                            store.tiers().journal().name(),
                            last,
                            now(),
                            options.name(),
                            options.trigger(),
                            options.incremental()
                                ? parent(unit.checkpoints().list(agent))
                                : Optional.empty(),
                            options.allowDeadLetters())));
    afterCommit.accept(() -> made.made(checkpoint.id()));
    return checkpoint;
  }

  /** Waits for dead letters, too, that the flush replays by itself, unless they are allowed. */
  private void await(AgentId agent, Revision.OfJournal revision, CheckpointOptions options) {
    if (options.allowDeadLetters()) {
      commits.awaitAll("checkpoint of agent " + agent, revision, options.deadline());
    } else {
      commits.awaitAgent(agent, revision, options.deadline());
    }
  }

  /** The latest one, unless too many are needed for it already. */
  private static Optional<UUID> parent(List<Checkpoint> latestFirst) {
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
  public List<Checkpoint> list(AgentId agent) {
    return lists.checkpoints(agent);
  }

  @Override
  public Optional<Checkpoint> find(UUID checkpoint) {
    return checkpoints.find(checkpoint);
  }

  @Override
  public Optional<Checkpoint> find(AgentId agent, String name) {
    return lists.checkpoint(agent, name);
  }

  @Override
  public <T> Map<StateKey, Versioned<T>> read(UUID checkpoint, StateType<T> type) {
    KeyedCodec<T> codec = new KeyedCodec<>(Json.codec(type), store.tiers().sealing());
    Map<StateKey, Versioned<T>> content = new LinkedHashMap<>();
    for (StoredState entry : checkpoints.entries(checkpoint)) {
      if (entry.key().type().equals(type.name())) {
        content.put(entry.key().withType(StateKey.UNTYPED), versioned(entry, codec));
      }
    }
    return content;
  }

  private static <T> Versioned<T> versioned(StoredState entry, KeyedCodec<T> codec) {
    return new Versioned<>(
        codec.decode(entry.key(), entry.value()),
        entry.revision(),
        entry.writtenAt(),
        StorageLayer.RELATIONAL_DB,
        entry.expiresAt(),
        entry.provenance().map(Provenance::clock).orElseGet(VectorClock::empty));
  }

  @Override
  public Restored restore(UUID checkpoint, Duration limit) {
    Deadline deadline = Deadline.after(limit);
    Restoration restoration = Restoration.of(existing(checkpoint));
    return restorer.restore(restoration, checkpoints.entries(checkpoint), deadline);
  }

  @Override
  public Restored fork(UUID checkpoint, AgentId toAgent, ForkOptions options) {
    Deadline deadline = Deadline.after(options.deadline());
    AgentId to = toAgent.requireRegistered("forks");
    Restoration restoration = Restoration.fork(existing(checkpoint), to, options.replacing());
    if (sql.agents().find(to).isEmpty()) {
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
    boolean deleted =
        checkpoints
            .find(checkpoint)
            .map(
                found ->
                    checkpoints.delete(
                            found.agent(), List.of(checkpoint), LifecycleEvent.CHECKPOINT_DELETED)
                        > 0)
            .orElse(false);
    afterCommit.accept(() -> made.deleted(List.of(checkpoint)));
    return deleted;
  }

  /** A checkpoint that is made meanwhile may need one that was to go: then it looks again. */
  @Override
  public Pruned prune(AgentId agent, PruneRule rule) {
    for (int attempt = 1; ; attempt++) {
      List<Checkpoint> all = checkpoints.list(agent);
      Retention retention = Retention.of(rule, all, now());
      List<UUID> removed = ids(retention.removed());
      try {
        if (!removed.isEmpty()) {
          checkpoints.delete(agent, removed, LifecycleEvent.CHECKPOINTS_PRUNED);
          afterCommit.accept(() -> made.deleted(removed));
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
