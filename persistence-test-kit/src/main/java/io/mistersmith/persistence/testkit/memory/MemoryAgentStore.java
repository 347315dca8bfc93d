package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The registry of agents. */
final class MemoryAgentStore implements AgentStore {

  private final Session session;

  MemoryAgentStore(Session session) {
    this.session = session;
  }

  @Override
  public StoredAgent save(Agent agent, long expectedVersion) {
    Instant now = session.now();
    return session.call(tables -> save(tables, agent, expectedVersion, OptionalLong.empty(), now));
  }

  private static StoredAgent save(
      Tables tables, Agent agent, long expectedVersion, OptionalLong version, Instant now) {
    tables.agents.lock(agent.id());
    Content.AgentRow row = tables.agents.find(agent.id()).orElse(null);
    checkVersion(agent.id(), row, expectedVersion);
    AgentColumns.check(agent, tables.agents::refer);
    StoredAgent stored =
        row == null
            ? new StoredAgent(AgentColumns.completed(agent, now), version.orElse(1), now)
            : new StoredAgent(
                AgentColumns.keeping(agent, row.stored().agent()),
                version.orElse(row.stored().version() + 1),
                now);
    tables.agents.put(
        agent.id(),
        row == null
            ? new Content.AgentRow(stored, now, Optional.empty(), 0)
            : new Content.AgentRow(
                stored, row.registeredAt(), row.heartbeat(), row.publishedVersion()));
    Optional<Agent.Status> before =
        Optional.ofNullable(row).map(had -> had.stored().agent().status());
    if (!before.equals(Optional.of(agent.status()))) {
      tables.record(
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
  }

  @Override
  public Optional<StoredAgent> restore(Agent agent, long expectedVersion, long version) {
    Instant now = session.now();
    return session.call(
        tables -> {
          tables.agents.lock(agent.id());
          long present =
              tables.agents.find(agent.id()).map(row -> row.stored().version()).orElse(NONE);
          return present == expectedVersion
              ? Optional.of(save(tables, agent, expectedVersion, OptionalLong.of(version), now))
              : Optional.empty();
        });
  }

  @Override
  public Map<AgentId, DataResult<StoredAgent>> saveAll(Collection<Agent> agents) {
    Map<AgentId, DataResult<StoredAgent>> results = new LinkedHashMap<>();
    for (Agent agent : agents) {
      try {
        results.put(agent.id(), DataResult.success(session.attempt(() -> save(agent, ANY))));
      } catch (PersistenceException e) {
        results.put(agent.id(), DataResult.failure(e));
      }
    }
    return results;
  }

  @Override
  public Optional<StoredAgent> find(AgentId id) {
    AgentId unused = id.requireRegistered("agents");
    return session.call(tables -> tables.agents.find(id).map(Content.AgentRow::stored));
  }

  @Override
  public Map<AgentId, StoredAgent> findAll(Collection<AgentId> ids) {
    ids.forEach(id -> id.requireRegistered("agents"));
    return session.call(
        tables -> {
          Map<AgentId, StoredAgent> found = new LinkedHashMap<>();
          for (AgentId id : ids) {
            tables.agents.find(id).ifPresent(row -> found.put(id, row.stored()));
          }
          return found;
        });
  }

  @Override
  public List<StoredAgent> find(AgentQuery query) {
    return session.call(
        tables ->
            tables
                .agents
                .all()
                .filter(row -> isSelected(row, query))
                .map(Content.AgentRow::stored)
                .sorted(Comparator.comparing(stored -> stored.agent().id().toString()))
                .limit(query.limit())
                .toList());
  }

  private static boolean isSelected(Content.AgentRow row, AgentQuery query) {
    Agent agent = row.stored().agent();
    return query.type().map(agent.type()::equals).orElse(true)
        && query.status().map(agent.status()::equals).orElse(true)
        && query.parent().map(parent -> agent.parent().equals(Optional.of(parent))).orElse(true)
        && Containment.contains(agent.capabilities(), query.capabilities())
        && query.silentSince().map(row.lastSeen()::isBefore).orElse(true)
        && query
            .after()
            .map(after -> agent.id().toString().compareTo(after.toString()) > 0)
            .orElse(true);
  }

  @Override
  public boolean delete(AgentId id, long expectedVersion) {
    AgentId unused = id.requireRegistered("agents");
    return session.call(
        tables -> {
          tables.agents.lock(id);
          Content.AgentRow row = tables.agents.find(id).orElse(null);
          if (expectedVersion != ANY) {
            checkSame(id, row, expectedVersion);
          }
          boolean hasChildren =
              tables
                  .agents
                  .all()
                  .anyMatch(other -> other.stored().agent().parent().equals(Optional.of(id)));
          if (row != null && hasChildren) {
            throw new NonTransientPersistenceException(
                DataError.CONSTRAINT_VIOLATION,
                "agent " + id + ": SQLSTATE 23503, it is the parent of others; delete them first");
          }
          if (row != null) {
            MemorySessionStore.revokeOf(tables, id, session.now());
          }
          boolean existed = tables.agents.remove(id);
          tables.removeState(id);
          MemoryFacts.forgetSource(tables, id);
          tables.checkpoints.removeIf(held -> held.checkpoint().agent().equals(id));
          tables.events.removeIf(event -> event.agent().equals(id));
          tables.messages.removeAgent(id);
          TaskTable.forget(tables, id);
          return existed;
        });
  }

  @Override
  public Map<AgentId, DataResult<Long>> deleteAll(Collection<AgentId> ids) {
    ids.forEach(id -> id.requireRegistered("agents"));
    Map<AgentId, DataResult<Long>> results = new LinkedHashMap<>();
    Set<AgentId> left = new LinkedHashSet<>(ids);
    left.forEach(id -> results.put(id, DataResult.success(NONE)));
    int before;
    do {
      before = left.size();
      for (AgentId id : List.copyOf(left)) {
        DataResult<Long> result = deleted(id);
        results.put(id, result);
        if (result.isSuccess()) {
          left.remove(id);
        }
      }
    } while (left.size() < before);
    return results;
  }

  private DataResult<Long> deleted(AgentId id) {
    try {
      return DataResult.success(
          session.attempt(
              () -> {
                long version = find(id).map(StoredAgent::version).orElse(NONE);
                return delete(id, ANY) ? version : NONE;
              }));
    } catch (PersistenceException e) {
      return DataResult.failure(e);
    }
  }

  private static void checkVersion(
      AgentId id, Content.@Nullable AgentRow row, long expectedVersion) {
    if (expectedVersion == NONE && row != null) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY, "agent " + id + " is registered already");
    }
    if (expectedVersion > NONE) {
      checkSame(id, row, expectedVersion);
    }
  }

  private static void checkSame(AgentId id, Content.@Nullable AgentRow row, long expectedVersion) {
    long actual = row == null ? NONE : row.stored().version();
    if (actual != expectedVersion) {
      throw new TransientPersistenceException(
          DataError.VERSION_CONFLICT,
          "agent " + id + " has version " + actual + ", not " + expectedVersion);
    }
  }

  @Override
  public void heartbeats(Map<AgentId, Instant> times) {
    times.keySet().forEach(id -> id.requireRegistered("heartbeats"));
    session.call(
        tables -> {
          times.forEach(
              (id, time) ->
                  tables
                      .agents
                      .find(id)
                      .ifPresent(row -> tables.agents.put(id, beaten(row, time))));
          return times.size();
        });
  }

  private static Content.AgentRow beaten(Content.AgentRow row, Instant time) {
    Instant latest = row.heartbeat().filter(before -> before.isAfter(time)).orElse(time);
    return new Content.AgentRow(
        row.stored(), row.registeredAt(), Optional.of(latest), row.publishedVersion());
  }

  @Override
  public Optional<Instant> lastHeartbeat(AgentId id) {
    AgentId unused = id.requireRegistered("heartbeats");
    return session.call(tables -> tables.agents.find(id).flatMap(Content.AgentRow::heartbeat));
  }

  @Override
  public List<StoredAgent> unpublished(int limit) {
    return session.call(
        tables ->
            tables
                .agents
                .all()
                .filter(row -> row.publishedVersion() < row.stored().version())
                .map(Content.AgentRow::stored)
                .sorted(Comparator.comparing(StoredAgent::updatedAt))
                .limit(limit)
                .toList());
  }

  @Override
  public void markPublished(AgentId id, long version) {
    session.call(
        tables -> {
          Optional<Content.AgentRow> there = tables.agents.find(id);
          there.ifPresent(row -> tables.agents.put(id, published(row, version)));
          return there;
        });
  }

  private static Content.AgentRow published(Content.AgentRow row, long version) {
    return new Content.AgentRow(
        row.stored(),
        row.registeredAt(),
        row.heartbeat(),
        Math.max(row.publishedVersion(), version));
  }

  @Override
  public void markAllPublished(Map<AgentId, Long> versions) {
    versions.forEach(this::markPublished);
  }
}
