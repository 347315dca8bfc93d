package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.lifecycle.LifecycleEvent;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentStatus;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.StoredAgent;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The registry of agents. */
final class MemoryAgentStore implements AgentStore {

  private final MemoryDatabase database;
  private final Connection connection;

  MemoryAgentStore(MemoryDatabase database, Connection connection) {
    this.database = database;
    this.connection = connection;
  }

  @Override
  public StoredAgent save(Agent agent, long expectedVersion) {
    connection.checkSql();
    Instant now = connection.now();
    return database.transact(
        tables -> {
          Tables.AgentRow row = tables.agents.get(agent.id());
          checkVersion(agent.id(), row, expectedVersion);
          AgentColumns.check(agent, tables.agents.keySet());
          StoredAgent stored =
              row == null
                  ? new StoredAgent(AgentColumns.completed(agent, now), 1, now)
                  : new StoredAgent(
                      AgentColumns.keeping(agent, row.stored().agent()),
                      row.stored().version() + 1,
                      now);
          tables.agents.put(
              agent.id(),
              row == null
                  ? new Tables.AgentRow(stored, Optional.empty(), 0)
                  : new Tables.AgentRow(stored, row.heartbeat(), row.publishedVersion()));
          Optional<AgentStatus> before =
              Optional.ofNullable(row).map(had -> had.stored().agent().status());
          if (!before.equals(Optional.of(agent.status()))) {
            tables.events.add(
                new LifecycleEvent(
                    UUID.randomUUID(),
                    agent.id(),
                    row == null ? LifecycleEvent.REGISTERED : LifecycleEvent.STATUS_CHANGED,
                    before,
                    Optional.of(agent.status()),
                    Map.of(),
                    Optional.empty(),
                    now));
          }
          return stored;
        });
  }

  @Override
  public Map<UUID, DataResult<StoredAgent>> saveAll(Collection<Agent> agents) {
    Map<UUID, DataResult<StoredAgent>> results = new LinkedHashMap<>();
    for (Agent agent : agents) {
      try {
        results.put(agent.id(), DataResult.success(save(agent, ANY)));
      } catch (PersistenceException e) {
        results.put(agent.id(), DataResult.failure(e));
      }
    }
    return results;
  }

  @Override
  public Optional<StoredAgent> find(UUID id) {
    connection.checkSql();
    return database.transact(
        tables -> Optional.ofNullable(tables.agents.get(id)).map(Tables.AgentRow::stored));
  }

  @Override
  public Map<UUID, StoredAgent> findAll(Collection<UUID> ids) {
    connection.checkSql();
    return database.transact(
        tables -> {
          Map<UUID, StoredAgent> found = new LinkedHashMap<>();
          for (UUID id : ids) {
            Tables.AgentRow row = tables.agents.get(id);
            if (row != null) {
              found.put(id, row.stored());
            }
          }
          return found;
        });
  }

  @Override
  public boolean delete(UUID id, long expectedVersion) {
    connection.checkSql();
    return database.transact(
        tables -> {
          Tables.AgentRow row = tables.agents.get(id);
          if (expectedVersion != ANY) {
            checkSame(id, row, expectedVersion);
          }
          boolean hasChildren =
              tables.agents.values().stream()
                  .anyMatch(other -> other.stored().agent().parent().equals(Optional.of(id)));
          if (row != null && hasChildren) {
            throw new NonTransientPersistenceException(
                DataError.CONSTRAINT_VIOLATION,
                "agent " + id + ": SQLSTATE 23503, it is the parent of others; delete them first");
          }
          tables.states.remove(id.toString());
          tables.checkpoints.values().removeIf(held -> held.checkpoint().agent().equals(id));
          tables.events.removeIf(event -> event.agent().equals(id));
          return tables.agents.remove(id) != null;
        });
  }

  private static void checkVersion(UUID id, Tables.@Nullable AgentRow row, long expectedVersion) {
    if (expectedVersion == NONE && row != null) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY, "agent " + id + " is registered already");
    }
    if (expectedVersion > NONE) {
      checkSame(id, row, expectedVersion);
    }
  }

  private static void checkSame(UUID id, Tables.@Nullable AgentRow row, long expectedVersion) {
    long actual = row == null ? NONE : row.stored().version();
    if (actual != expectedVersion) {
      throw new TransientPersistenceException(
          DataError.VERSION_CONFLICT,
          "agent " + id + " has version " + actual + ", not " + expectedVersion);
    }
  }

  @Override
  public void heartbeats(Map<UUID, Instant> times) {
    connection.checkSql();
    database.transact(
        tables -> {
          times.forEach(
              (id, time) -> tables.agents.computeIfPresent(id, (same, row) -> beaten(row, time)));
          return times.size();
        });
  }

  private static Tables.AgentRow beaten(Tables.AgentRow row, Instant time) {
    Instant latest = row.heartbeat().filter(before -> before.isAfter(time)).orElse(time);
    return new Tables.AgentRow(row.stored(), Optional.of(latest), row.publishedVersion());
  }

  @Override
  public Optional<Instant> lastHeartbeat(UUID id) {
    connection.checkSql();
    return database.transact(
        tables -> Optional.ofNullable(tables.agents.get(id)).flatMap(Tables.AgentRow::heartbeat));
  }

  @Override
  public List<StoredAgent> unpublished(int limit) {
    connection.checkSql();
    return database.transact(
        tables ->
            tables.agents.values().stream()
                .filter(row -> row.publishedVersion() < row.stored().version())
                .map(Tables.AgentRow::stored)
                .sorted(Comparator.comparing(StoredAgent::updatedAt))
                .limit(limit)
                .toList());
  }

  @Override
  public void markPublished(UUID id, long version) {
    connection.checkSql();
    database.transact(
        tables ->
            Optional.ofNullable(
                tables.agents.computeIfPresent(
                    id,
                    (same, row) ->
                        new Tables.AgentRow(
                            row.stored(),
                            row.heartbeat(),
                            Math.max(row.publishedVersion(), version)))));
  }

  @Override
  public void markAllPublished(Map<UUID, Long> versions) {
    versions.forEach(this::markPublished);
  }
}
