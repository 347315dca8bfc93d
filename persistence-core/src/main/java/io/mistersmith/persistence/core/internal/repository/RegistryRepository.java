package io.mistersmith.persistence.core.internal.repository;

import io.mistersmith.persistence.core.internal.resilience.Conflicts;
import io.mistersmith.persistence.core.internal.routing.KnownRevisions;
import io.mistersmith.persistence.core.internal.routing.WritesUnderWay;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
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
import java.util.Collection;
import java.util.Map;
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
      throw new NonTransientPersistenceException(
          DataError.INVALID_KEY, "agent " + agent.id() + " cannot be saved under the id " + key);
    }
    if (options.timeToLive().isPresent()) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "agent " + key + ": agents have no time to live; delete the agent instead");
    }
    underWay.begin(key);
    try {
      StoredAgent stored = agents.save(agent, expectedVersion(options.expected()));
      known.note(key, revision(stored), Optional.empty());
      publisher.publish(stored);
      return versioned(stored);
    } finally {
      underWay.end();
    }
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
    underWay.begin(key);
    try {
      publisher.retract(key);
      boolean existed = agents.delete(key, expectedVersion);
      publisher.retract(key);
      if (existed) {
        evictState.accept(key.toString());
      }
    } finally {
      underWay.end();
    }
  }

  @Override
  public Map<UUID, DataResult<Versioned<Agent>>> saveAll(Map<UUID, Agent> values) {
    return Rows.join(values, (key, agent) -> saveAsync(key, agent, SaveOptions.unconditional()));
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
