package io.mistersmith.persistence.core.internal.repository;

import io.mistersmith.persistence.core.internal.resilience.Conflicts;
import io.mistersmith.persistence.core.internal.routing.KnownRevisions;
import io.mistersmith.persistence.core.internal.routing.WritesUnderWay;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StorageLayer;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.repository.AgentRepository;
import io.mistersmith.persistence.repository.Expected;
import io.mistersmith.persistence.repository.SaveOptions;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.StoredAgent;
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
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Agents: PostgreSQL first, then the bucket that they are read from. A read that finds in the
 * bucket less than this process knows asks PostgreSQL.
 */
public final class RegistryRepository implements AgentRepository {

  private static final int BATCH = 500;

  private final AgentStore agents;
  private final AgentPublisher publisher;
  private final Consumer<String> evictState;
  private final HeartbeatBuffer heartbeats;
  private final WritesUnderWay underWay;
  private final KnownRevisions<UUID> known;
  private final Clock clock;
  private final Executor executor;

  /** A registry; {@code evictState} takes a deleted agent's state out of KV. */
  public RegistryRepository(
      AgentStore agents,
      AgentPublisher publisher,
      Consumer<String> evictState,
      HeartbeatBuffer heartbeats,
      WritesUnderWay underWay,
      KnownRevisions<UUID> known,
      Clock clock,
      Executor executor) {
    this.agents = agents;
    this.publisher = publisher;
    this.evictState = evictState;
    this.heartbeats = heartbeats;
    this.underWay = underWay;
    this.known = known;
    this.clock = clock;
    this.executor = executor;
  }

  @Override
  public Versioned<Agent> save(UUID key, Agent agent, SaveOptions options) {
    if (!agent.id().equals(key)) {
      throw otherId(key, agent);
    }
    if (options.timeToLive().isPresent()) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "agent " + key + ": agents have no time to live; delete the agent instead");
    }
    return underWay.run(
        key,
        () -> {
          StoredAgent stored = agents.save(agent, expectedVersion(options.expected()));
          known.note(key, revision(stored), Optional.empty());
          publisher.publish(stored);
          return versioned(stored);
        });
  }

  @Override
  public Optional<Versioned<Agent>> find(UUID key) {
    Optional<Versioned<Agent>> hot = publisher.find(key);
    Optional<Revision> floor = known.of(key);
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
  public Versioned<Agent> update(UUID key, UnaryOperator<Agent> change) {
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
  public void delete(UUID key) {
    delete(key, AgentStore.ANY);
  }

  @Override
  public void delete(UUID key, Revision expected) {
    delete(key, expected.sequence());
  }

  /**
   * The marker comes first: from then on readers ask PostgreSQL, so that a death before the next
   * step leaves nothing that says otherwise.
   */
  private void delete(UUID key, long expectedVersion) {
    boolean unused =
        underWay.run(
            key,
            () -> {
              publisher.retract(key);
              boolean existed = agents.delete(key, expectedVersion);
              publisher.retract(key);
              if (existed) {
                evictState.accept(key.toString());
              }
              return existed;
            });
  }

  @Override
  public Map<UUID, DataResult<Versioned<Agent>>> saveAll(Map<UUID, Agent> values) {
    Map<UUID, DataResult<Versioned<Agent>>> rows = new HashMap<>();
    List<Agent> valid = new ArrayList<>();
    values.forEach(
        (key, agent) -> {
          if (agent.id().equals(key)) {
            valid.add(agent);
          } else {
            rows.put(key, DataResult.failure(otherId(key, agent)));
          }
        });
    List<Agent> ordered = AgentLineage.parentsFirst(valid);
    boolean publishing = true;
    for (int from = 0; from < ordered.size(); from += BATCH) {
      List<Agent> batch = ordered.subList(from, Math.min(from + BATCH, ordered.size()));
      Map<UUID, DataResult<StoredAgent>> saved = saveBatch(batch);
      // What the bucket does not take now is published later, as after a death of this process.
      publishing = publishing && publisher.publishAll(successes(saved.values()));
      saved.forEach((id, row) -> rows.put(id, row.map(RegistryRepository::versioned)));
      Optional<PersistenceException> outage = outage(saved.values());
      if (outage.isPresent()) {
        ordered
            .subList(from + batch.size(), ordered.size())
            .forEach(agent -> rows.put(agent.id(), DataResult.failure(outage.get())));
        break;
      }
    }
    Map<UUID, DataResult<Versioned<Agent>>> inOrder = new LinkedHashMap<>();
    values.keySet().forEach(key -> inOrder.put(key, Objects.requireNonNull(rows.get(key))));
    return inOrder;
  }

  private Map<UUID, DataResult<StoredAgent>> saveBatch(List<Agent> batch) {
    Map<UUID, DataResult<StoredAgent>> saved = new LinkedHashMap<>();
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

  /** The failure of a batch that nobody answered: later ones would wait for the same. */
  private static Optional<PersistenceException> outage(Collection<DataResult<StoredAgent>> rows) {
    Optional<PersistenceException> first = rows.stream().findFirst().flatMap(DataResult::failure);
    boolean all =
        rows.stream()
            .allMatch(
                row ->
                    row.failure()
                        .filter(
                            e ->
                                e.error() == DataError.CONNECTION_FAILED
                                    || e.error() == DataError.CLOSED)
                        .isPresent());
    return all ? first : Optional.empty();
  }

  private static NonTransientPersistenceException otherId(UUID key, Agent agent) {
    return new NonTransientPersistenceException(
        DataError.INVALID_KEY, "agent " + agent.id() + " cannot be saved under the id " + key);
  }

  @Override
  public Map<UUID, DataResult<Optional<Versioned<Agent>>>> findAll(Collection<UUID> keys) {
    return Rows.join(keys, this::findAsync);
  }

  @Override
  public Map<UUID, DataResult<Revision>> deleteAll(Collection<UUID> keys) {
    return Rows.join(
        keys,
        key ->
            background(
                () -> {
                  Optional<StoredAgent> stored = agents.find(key);
                  delete(key);
                  return stored.map(RegistryRepository::revision).orElse(new Revision(1, 1));
                }));
  }

  @Override
  public CompletableFuture<Versioned<Agent>> saveAsync(UUID key, Agent agent, SaveOptions options) {
    return background(() -> save(key, agent, options));
  }

  @Override
  public CompletableFuture<Optional<Versioned<Agent>>> findAsync(UUID key) {
    return background(() -> find(key));
  }

  @Override
  public CompletableFuture<Void> deleteAsync(UUID key) {
    return Rows.start(() -> CompletableFuture.runAsync(() -> delete(key), executor));
  }

  @Override
  public void heartbeat(UUID agent) {
    heartbeats.beat(agent, clock.instant());
  }

  @Override
  public Optional<Instant> lastHeartbeat(UUID agent) {
    return agents.lastHeartbeat(agent);
  }

  private <T> CompletableFuture<T> background(Supplier<T> call) {
    return Rows.start(() -> CompletableFuture.supplyAsync(call, executor));
  }

  private static long expectedVersion(Expected expected) {
    if (expected instanceof Expected.At at) {
      return at.revision().sequence();
    }
    return expected instanceof Expected.Absent ? AgentStore.NONE : AgentStore.ANY;
  }

  private static Revision revision(StoredAgent stored) {
    return new Revision(1, stored.version());
  }

  private static Versioned<Agent> versioned(StoredAgent stored) {
    return new Versioned<>(
        stored.agent(),
        revision(stored),
        stored.updatedAt(),
        StorageLayer.RELATIONAL_DB,
        Optional.empty());
  }
}
