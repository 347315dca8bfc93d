package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentStatus;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.StoredAgent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * The registry of agents in {@code agents.registry}. Each write is one statement, so that expected
 * version and write are one step; a version counts the writes of one life of an agent. A save locks
 * the row first, to know which status it replaces, and records a change in the same transaction.
 */
final class PostgresAgentStore implements AgentStore {

  private static final String COLUMNS =
      """
      agent_id, agent_type, agent_name, status, capabilities, configuration, metadata,
      parent_agent_id, version, updated_at
      """;

  private static final String INSERT =
      """
      INSERT INTO agents.registry AS r
             (agent_id, agent_type, agent_name, status, capabilities, configuration, metadata,
              parent_agent_id)
      VALUES (:id, :type, :name, :status::agents.agent_status_type, :capabilities::jsonb,
              :configuration::jsonb,
              CASE WHEN :metadata::jsonb <> '{}' THEN :metadata::jsonb
                   ELSE agents.default_agent_metadata() END,
              :parent::uuid)
      """;

  private static final String REPLACE =
      """
      SET agent_type = :type, agent_name = :name, status = :status::agents.agent_status_type,
          capabilities = :capabilities::jsonb, configuration = :configuration::jsonb,
          metadata = CASE WHEN :metadata::jsonb <> '{}' THEN :metadata::jsonb ELSE r.metadata END,
          parent_agent_id = :parent::uuid, version = r.version + 1, updated_at = clock_timestamp()
      """;

  private static final String LOCK =
      """
      SELECT status
        FROM agents.registry
       WHERE agent_id = :id
         FOR NO KEY UPDATE
      """;

  private static final String CREATE =
      INSERT + "ON CONFLICT (agent_id) DO NOTHING RETURNING " + COLUMNS;

  private static final String UPSERT =
      INSERT + "ON CONFLICT (agent_id) DO UPDATE " + REPLACE + "RETURNING " + COLUMNS;

  private static final String UPDATE =
      "UPDATE agents.registry AS r "
          + REPLACE
          + "WHERE r.agent_id = :id AND r.version = :expected RETURNING "
          + COLUMNS;

  private static final String FIND =
      "SELECT " + COLUMNS + "FROM agents.registry WHERE agent_id = :id";

  private static final String FIND_ALL =
      "SELECT " + COLUMNS + "FROM agents.registry WHERE agent_id = ANY (:ids::uuid[])";

  private static final String UNPUBLISHED =
      "SELECT "
          + COLUMNS
          + """
            FROM agents.registry
           WHERE published_version < version
           ORDER BY updated_at, agent_id
           LIMIT :limit
          """;

  private static final String DELETE =
      """
      DELETE FROM agents.registry
       WHERE agent_id = :id AND (:expected = -1 OR version = :expected)
      """;

  /** Locks the rows in the order of their ids, so that two runtimes do not wait in a circle. */
  private static final String HEARTBEATS =
      """
      WITH alive AS (
        SELECT r.agent_id, c.at::timestamptz AS at
          FROM unnest(:ids, :times) AS c (agent_id, at)
          JOIN agents.registry r ON r.agent_id = c.agent_id::uuid
         ORDER BY r.agent_id
           FOR NO KEY UPDATE OF r)
      UPDATE agents.registry r
         SET last_heartbeat = GREATEST(r.last_heartbeat, alive.at)
        FROM alive
       WHERE r.agent_id = alive.agent_id
      """;

  private static final String LAST_HEARTBEAT =
      """
      SELECT last_heartbeat
        FROM agents.registry
       WHERE agent_id = :id AND last_heartbeat IS NOT NULL
      """;

  /** A version that the row has not reached belongs to an agent that was deleted since. */
  private static final String MARK_PUBLISHED =
      """
      UPDATE agents.registry
         SET published_version = :version
       WHERE agent_id = :id AND published_version < :version AND version >= :version
      """;

  /** Locks the rows in the order of their ids, so that two runtimes do not wait in a circle. */
  private static final String MARK_ALL_PUBLISHED =
      """
      WITH published AS (
        SELECT r.agent_id, c.version
          FROM unnest(:ids, :versions) AS c (id, version)
          JOIN agents.registry r ON r.agent_id = c.id::uuid
         WHERE r.published_version < c.version AND r.version >= c.version
         ORDER BY r.agent_id
           FOR NO KEY UPDATE OF r)
      UPDATE agents.registry r
         SET published_version = published.version
        FROM published
       WHERE r.agent_id = published.agent_id
      """;

  private static final int ATTEMPTS = 5;

  private final Database database;
  private final AgentBatch batch;

  PostgresAgentStore(Database database) {
    this.database = database;
    this.batch = new AgentBatch(database);
  }

  @Override
  public StoredAgent save(Agent agent, long expectedVersion) {
    String what = "save agent " + agent.id();
    String sql = expectedVersion == ANY ? UPSERT : expectedVersion == NONE ? CREATE : UPDATE;
    for (int attempt = 1; ; attempt++) {
      try {
        Optional<StoredAgent> saved =
            database.transaction(
                what, handle -> saveRecorded(handle, what, sql, agent, expectedVersion));
        return saved.orElseThrow(
            () ->
                expectedVersion == NONE
                    ? new NonTransientPersistenceException(
                        DataError.DUPLICATE_KEY, what + ": it is registered already")
                    : conflict(what, expectedVersion));
      } catch (TransientPersistenceException e) {
        if (e.error() != DataError.TRANSACTION_CONFLICT || attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** An agent that was registered between the lock and the write has a status that nobody saw. */
  private static Optional<StoredAgent> saveRecorded(
      Handle handle, String what, String sql, Agent agent, long expectedVersion) {
    Optional<AgentStatus> before =
        handle.createQuery(LOCK).bind("id", agent.id()).map(AgentRow::status).findOne();
    Optional<StoredAgent> saved = save(handle, sql, agent, expectedVersion);
    if (saved.isPresent()) {
      if (before.isEmpty() && saved.get().version() > 1) {
        throw new TransientPersistenceException(
            DataError.TRANSACTION_CONFLICT, what + ": it was registered meanwhile; try again");
      }
      LifecycleEventLog.status(handle, agent.id(), before, saved.get().agent().status());
    }
    return saved;
  }

  private static Optional<StoredAgent> save(
      Handle handle, String sql, Agent agent, long expectedVersion) {
    var statement = AgentRow.bind(handle.createQuery(sql), agent);
    if (expectedVersion > NONE) {
      statement.bind("expected", expectedVersion);
    }
    return statement.map(AgentRow::read).findOne();
  }

  @Override
  public Map<UUID, DataResult<StoredAgent>> saveAll(Collection<Agent> agents) {
    return batch.save(agents);
  }

  @Override
  public Optional<StoredAgent> find(UUID id) {
    return database.call(
        "read agent " + id,
        handle -> handle.createQuery(FIND).bind("id", id).map(AgentRow::read).findOne());
  }

  @Override
  public Map<UUID, StoredAgent> findAll(Collection<UUID> ids) {
    if (ids.isEmpty()) {
      return Map.of();
    }
    return database.call(
        "read " + ids.size() + " agents",
        handle -> {
          Map<UUID, StoredAgent> found = new HashMap<>();
          handle
              .createQuery(FIND_ALL)
              .bind("ids", SqlArray.text(ids.stream().map(UUID::toString).toList()))
              .map(AgentRow::read)
              .forEach(stored -> found.put(stored.agent().id(), stored));
          return found;
        });
  }

  @Override
  public boolean delete(UUID id, long expectedVersion) {
    String what = "delete agent " + id;
    return database.transaction(what, handle -> delete(handle, what, id, expectedVersion));
  }

  private static boolean delete(Handle handle, String what, UUID id, long expectedVersion) {
    boolean deleted =
        handle.createUpdate(DELETE).bind("id", id).bind("expected", expectedVersion).execute() == 1;
    if (!deleted && expectedVersion != ANY) {
      boolean exists =
          handle.createQuery(FIND).bind("id", id).map(AgentRow::read).findOne().isPresent();
      if (exists || expectedVersion != NONE) {
        throw conflict(what, expectedVersion);
      }
    }
    return deleted;
  }

  private static TransientPersistenceException conflict(String what, long expectedVersion) {
    return new TransientPersistenceException(
        DataError.VERSION_CONFLICT,
        what
            + ": version "
            + expectedVersion
            + " was expected, but it has another one or is absent; nothing was changed");
  }

  @Override
  public void heartbeats(Map<UUID, Instant> times) {
    if (times.isEmpty()) {
      return;
    }
    List<String> ids = new ArrayList<>(times.size());
    List<String> instants = new ArrayList<>(times.size());
    times.forEach(
        (id, time) -> {
          ids.add(id.toString());
          instants.add(SqlTime.text(time));
        });
    database.call(
        "note the heartbeats of " + times.size() + " agents",
        handle ->
            handle
                .createUpdate(HEARTBEATS)
                .bind("ids", SqlArray.text(ids))
                .bind("times", SqlArray.text(instants))
                .execute());
  }

  @Override
  public Optional<Instant> lastHeartbeat(UUID id) {
    return database.call(
        "read the last heartbeat of agent " + id,
        handle ->
            handle
                .createQuery(LAST_HEARTBEAT)
                .bind("id", id)
                .map((row, context) -> SqlTime.get(row, "last_heartbeat"))
                .findOne());
  }

  @Override
  public List<StoredAgent> unpublished(int limit) {
    return database.call(
        "list unpublished agents",
        handle -> handle.createQuery(UNPUBLISHED).bind("limit", limit).map(AgentRow::read).list());
  }

  @Override
  public void markPublished(UUID id, long version) {
    database.call(
        "note that version " + version + " of agent " + id + " is published",
        handle ->
            handle.createUpdate(MARK_PUBLISHED).bind("id", id).bind("version", version).execute());
  }

  @Override
  public void markAllPublished(Map<UUID, Long> versions) {
    if (versions.isEmpty()) {
      return;
    }
    List<String> ids = versions.keySet().stream().map(UUID::toString).toList();
    database.call(
        "note that " + versions.size() + " agents are published",
        handle ->
            handle
                .createUpdate(MARK_ALL_PUBLISHED)
                .bind("ids", SqlArray.text(ids))
                .bind("versions", SqlArray.bigint(versions.values()))
                .execute());
  }
}
