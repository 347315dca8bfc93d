package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.agent.AgentRepository;
import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.core.internal.state.tier.KnownRevisions;
import io.mistersmith.persistence.core.internal.state.tier.WritesUnderWay;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import io.mistersmith.persistence.spi.sql.SqlStore.OldReads;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Expected;
import io.mistersmith.persistence.transaction.Transaction.Agents;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Agents: PostgreSQL first, then the bucket that they are read from. A read that finds in the
 * bucket less than this process knows asks PostgreSQL.
 */
public final class RegistryRepository implements AgentRepository {

  private static final int BATCH = 500;

  private final AgentStore agents;
  private final OldReads lists;
  private final AgentPublisher publisher;
  private final AgentRemoval removal;
  private final HeartbeatBuffer heartbeats;
  private final WritesUnderWay underWay;
  private final KnownRevisions<AgentId> known;
  private final Clock clock;
  private final Executor executor;

  /**
   * A registry that finds agents by {@code lists}. {@code states} is called before agents are
   * deleted; what it returns takes their state out of KV, as it was then, or says why not.
   */
  public RegistryRepository(
      AgentStore agents,
      OldReads lists,
      AgentPublisher publisher,
      Supplier<Function<Collection<AgentId>, Map<AgentId, PersistenceException>>> states,
      HeartbeatBuffer heartbeats,
      WritesUnderWay underWay,
      KnownRevisions<AgentId> known,
      Clock clock,
      Executor executor) {
    this.agents = agents;
    this.lists = lists;
    this.publisher = publisher;
    this.removal = new AgentRemoval(agents, publisher, states, underWay);
    this.heartbeats = heartbeats;
    this.underWay = underWay;
    this.known = known;
    this.clock = clock;
    this.executor = task -> executor.execute(Actor.carry(task));
  }

  /** The registry in a transaction, which saves to {@code bound}. */
  public Agents in(AgentStore bound, Consumer<Runnable> afterCommit) {
    return new BoundAgents(bound, this, afterCommit);
  }

  @Override
  public Versioned<Agent> save(AgentId named, Agent agent, SaveOptions options) {
    AgentId key = named.requireRegistered("agents");
    if (!agent.id().equals(key)) {
      throw otherId(key, agent);
    }
    return underWay.run(
        key,
        () -> {
          StoredAgent stored = save(agents, agent, options);
          committed(stored);
          return versioned(stored);
        });
  }

  static StoredAgent save(AgentStore agents, Agent agent, SaveOptions options) {
    if (options.timeToLive().isPresent()) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "agent " + agent.id() + ": agents have no time to live; delete the agent instead");
    }
    return agents.save(CanonicalMaps.of(agent), expectedVersion(agent.id(), options.expected()));
  }

  /** PostgreSQL has the agent. */
  void committed(StoredAgent stored) {
    known.note(stored.agent().id(), revision(stored), Optional.empty());
    publisher.publish(stored);
  }

  @Override
  public Optional<Versioned<Agent>> find(AgentId named) {
    AgentId key = named.requireRegistered("agents");
    Optional<Revision> floor = known.of(key);
    Optional<Versioned<Agent>> hot;
    try {
      hot = publisher.find(key, floor.isEmpty() && known.isIncomplete());
    } catch (TransientPersistenceException e) {
      if (!Failures.isAway(e)) {
        throw e;
      }
      return authoritative(key, e);
    }
    boolean enough =
        hot.isPresent() && (floor.isEmpty() || !floor.get().isAfter(hot.get().revision()));
    if (enough) {
      known.note(key, hot.get().revision(), Optional.empty());
      return hot;
    }
    Optional<StoredAgent> stored = agents.find(key);
    if (stored.isPresent()) {
      known.note(key, revision(stored.get()), Optional.empty());
      publisher.restore(stored.get());
    }
    return stored.map(RegistryRepository::versioned);
  }

  @Override
  public List<Versioned<Agent>> find(AgentQuery query) {
    AgentQuery canonical = CanonicalMaps.of(query);
    // A page from an older replica than that of the page before would lack agents of both.
    return versioned(
        canonical.after().isPresent() ? agents.find(canonical) : lists.agents(canonical));
  }

  /** PostgreSQL is written first: what it has of an agent is the latest version. */
  private Optional<Versioned<Agent>> authoritative(AgentId key, PersistenceException why) {
    try {
      Optional<StoredAgent> stored = agents.find(key);
      stored.ifPresent(agent -> known.note(key, revision(agent), Optional.empty()));
      return stored.map(RegistryRepository::versioned);
    } catch (PersistenceException e) {
      e.addSuppressed(why);
      throw e;
    }
  }

  @Override
  public Versioned<Agent> update(AgentId key, UnaryOperator<Agent> change) {
    AgentId unused = key.requireRegistered("agents");
    return Conflicts.retry(
        () -> {
          StoredAgent stored =
              agents
                  .find(key)
                  .orElseThrow(
                      () ->
                          new NonTransientPersistenceException(
                              DataError.NOT_FOUND, "agent " + key + ": it is not registered"));
          return save(key, change.apply(stored.agent()), SaveOptions.at(revision(stored)));
        });
  }

  @Override
  public void delete(AgentId key) {
    removal.delete(key.requireRegistered("agents"), AgentStore.ANY);
    known.forget(key);
  }

  @Override
  public void delete(AgentId key, Revision expected) {
    removal.delete(key.requireRegistered("agents"), version(key, expected));
    known.forget(key);
  }

  @Override
  public Map<AgentId, DataResult<Versioned<Agent>>> saveAll(Map<AgentId, Agent> values) {
    Map<AgentId, DataResult<Versioned<Agent>>> rows = new HashMap<>();
    List<Agent> valid = new ArrayList<>();
    values.forEach(
        (key, agent) -> {
          if (!agent.id().equals(key)) {
            rows.put(key, DataResult.failure(otherId(key, agent)));
            return;
          }
          try {
            valid.add(CanonicalMaps.of(agent));
          } catch (PersistenceException e) {
            rows.put(key, DataResult.failure(e));
          }
        });
    List<Agent> ordered = AgentLineage.parentsFirst(valid);
    boolean publishing = true;
    for (int from = 0; from < ordered.size(); from += BATCH) {
      List<Agent> batch = ordered.subList(from, Math.min(from + BATCH, ordered.size()));
      Map<AgentId, DataResult<StoredAgent>> saved = saveBatch(batch);
      // Agents that the bucket refuses now are published later, as after a death of this process.
      publishing = publishing && publisher.publishAll(successes(saved.values()));
      saved.forEach((id, row) -> rows.put(id, row.map(RegistryRepository::versioned)));
      Optional<PersistenceException> outage = Rows.outage(saved.values());
      if (outage.isPresent()) {
        ordered
            .subList(from + batch.size(), ordered.size())
            .forEach(agent -> rows.put(agent.id(), DataResult.failure(outage.get())));
        break;
      }
    }
    Map<AgentId, DataResult<Versioned<Agent>>> inOrder = new LinkedHashMap<>();
    values.keySet().forEach(key -> inOrder.put(key, Objects.requireNonNull(rows.get(key))));
    return inOrder;
  }

  private Map<AgentId, DataResult<StoredAgent>> saveBatch(List<Agent> batch) {
    Map<AgentId, DataResult<StoredAgent>> saved = new LinkedHashMap<>();
    try {
      saved.putAll(underWay.run(batch.get(0).id(), () -> agents.saveAll(batch)));
    } catch (PersistenceException e) {
      batch.forEach(agent -> saved.put(agent.id(), DataResult.failure(e)));
    }
    successes(saved.values())
        .forEach(stored -> known.note(stored.agent().id(), revision(stored), Optional.empty()));
    return saved;
  }

  private static List<StoredAgent> successes(Collection<DataResult<StoredAgent>> rows) {
    return rows.stream().flatMap(row -> row.toOptional().stream()).toList();
  }

  private static NonTransientPersistenceException otherId(AgentId key, Agent agent) {
    return new NonTransientPersistenceException(
        DataError.INVALID_KEY, "agent " + agent.id() + " cannot be saved under the id " + key);
  }

  @Override
  public Map<AgentId, DataResult<Optional<Versioned<Agent>>>> findAll(Collection<AgentId> keys) {
    return Rows.join(keys, this::findAsync);
  }

  @Override
  public Map<AgentId, DataResult<Optional<Revision>>> deleteAll(Collection<AgentId> keys) {
    Map<AgentId, DataResult<Optional<Revision>>> rows = new LinkedHashMap<>();
    keys.forEach(key -> rows.put(key, row(key)));
    removal
        .deleteAll(keys.stream().filter(key -> !key.isExternal()).toList())
        .forEach(
            (key, row) -> {
              rows.put(key, row.map(RegistryRepository::revisionBefore));
              if (row.isSuccess()) {
                known.forget(key);
              }
            });
    return rows;
  }

  @Override
  public CompletableFuture<Versioned<Agent>> saveAsync(
      AgentId key, Agent agent, SaveOptions options) {
    return background(() -> save(key, agent, options));
  }

  @Override
  public CompletableFuture<Optional<Versioned<Agent>>> findAsync(AgentId key) {
    return background(() -> find(key));
  }

  @Override
  public CompletableFuture<Void> deleteAsync(AgentId key) {
    return Rows.start(() -> CompletableFuture.runAsync(() -> delete(key), executor));
  }

  @Override
  public void heartbeat(AgentId agent) {
    heartbeats.beat(agent.requireRegistered("heartbeats"), clock.instant());
  }

  @Override
  public Optional<Instant> lastHeartbeat(AgentId agent) {
    return agents.lastHeartbeat(agent);
  }

  private <T> CompletableFuture<T> background(Supplier<T> call) {
    return Rows.start(() -> CompletableFuture.supplyAsync(call, executor));
  }

  private static long expectedVersion(AgentId key, Expected expected) {
    if (expected instanceof Expected.At at) {
      return version(key, at.revision());
    }
    return expected instanceof Expected.Absent ? AgentStore.NONE : AgentStore.ANY;
  }

  private static long version(AgentId key, Revision revision) {
    if (revision instanceof Revision.OfRow row) {
      return row.version();
    }
    throw new NonTransientPersistenceException(
        DataError.VERSION_CONFLICT,
        "agent "
            + key
            + ": the revision "
            + revision
            + " is of an entry in a bucket, and no agent can have it; hand back one of this"
            + " agent's");
  }

  /** The row of an agent before it is deleted; its failure where there can be no such agent. */
  private static DataResult<Optional<Revision>> row(AgentId key) {
    try {
      AgentId unused = key.requireRegistered("agents");
      return DataResult.success(Optional.empty());
    } catch (PersistenceException e) {
      return DataResult.failure(e);
    }
  }

  private static Optional<Revision> revisionBefore(long version) {
    return version == AgentStore.NONE ? Optional.empty() : Optional.of(new Revision.OfRow(version));
  }

  private static Revision revision(StoredAgent stored) {
    return new Revision.OfRow(stored.version());
  }

  static List<Versioned<Agent>> versioned(List<StoredAgent> stored) {
    return stored.stream().map(RegistryRepository::versioned).toList();
  }

  static Versioned<Agent> versioned(StoredAgent stored) {
    return new Versioned<>(
        stored.agent(),
        revision(stored),
        stored.updatedAt(),
        StorageLayer.RELATIONAL_DB,
        Optional.empty());
  }
}
