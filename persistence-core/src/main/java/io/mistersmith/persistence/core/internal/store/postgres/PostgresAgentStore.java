package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The registry of agents in {@code agents.registry}. Each write is one statement, so that expected
 * version and write are one step; a version counts the writes of one life of an agent. A save locks
 * the row first, to know which status it replaces, and records a change in the same transaction.
 */
final class PostgresAgentStore implements AgentStore {

  static final String COLUMNS =
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

  private static final String RESTORE =
      "UPDATE agents.registry AS r "
          + REPLACE.replace("r.version + 1", ":version")
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

  private final Statements statements;
  private final AgentBatch batch;
  private final AgentDeletion deletion;

  PostgresAgentStore(Statements statements) {
    this.statements = statements;
    this.batch = new AgentBatch(statements);
    this.deletion = new AgentDeletion(statements);
  }

  @Override
  public StoredAgent save(Agent agent, long expectedVersion) {
    String what = "save agent " + agent.id();
    String sql = expectedVersion == ANY ? UPSERT : expectedVersion == NONE ? CREATE : UPDATE;
    return statements.transaction(
        SqlOptions.of(what).withAttempts(ATTEMPTS),
        handle ->
            saveRecorded(handle, what, sql, agent, expectedVersion)
                .orElseThrow(
                    () ->
                        expectedVersion == NONE
                            ? new NonTransientPersistenceException(
                                DataError.DUPLICATE_KEY, what + ": it is registered already")
                            : conflict(what, expectedVersion)));
  }

  /**
   * Fails for an agent that was registered between the lock and the write: its earlier status is
   * unknown, so the change cannot be recorded.
   */
  private static Optional<StoredAgent> saveRecorded(
      Handle handle, String what, String sql, Agent agent, long expectedVersion) {
    Optional<Agent.Status> before =
        handle.createQuery(LOCK).bind("id", agent.id().uuid()).map(AgentRow::status).findOne();
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

  /** A new row has version 1, until the same transaction has raised it. */
  @Override
  public Optional<StoredAgent> restore(Agent agent, long expectedVersion, long version) {
    String what = "restore agent " + agent.id() + " to version " + version;
    return statements.transaction(
        SqlOptions.of(what).withAttempts(ATTEMPTS),
        handle -> {
          if (expectedVersion == NONE
              && saveRecorded(handle, what, CREATE, agent, NONE).isEmpty()) {
            return Optional.empty();
          }
          long present = Math.max(1, expectedVersion);
          return present == version
              ? find(handle, agent.id())
              : AgentRow.bind(handle.createQuery(RESTORE), agent)
                  .bind("expected", present)
                  .bind("version", version)
                  .map(AgentRow::read)
                  .findOne();
        });
  }

  @Override
  public Map<AgentId, DataResult<StoredAgent>> saveAll(Collection<Agent> agents) {
    return statements.whole(() -> batch.save(agents));
  }

  @Override
  public Optional<StoredAgent> find(AgentId id) {
    AgentId unused = id.requireRegistered("agents");
    return statements.read("read agent " + id, handle -> find(handle, id));
  }

  private static Optional<StoredAgent> find(Handle handle, AgentId id) {
    return handle.createQuery(FIND).bind("id", id.uuid()).map(AgentRow::read).findOne();
  }

  @Override
  public Map<AgentId, StoredAgent> findAll(Collection<AgentId> ids) {
    ids.forEach(id -> id.requireRegistered("agents"));
    if (ids.isEmpty()) {
      return Map.of();
    }
    return statements.read(
        "read " + ids.size() + " agents",
        handle -> {
          Map<AgentId, StoredAgent> found = new HashMap<>();
          handle
              .createQuery(FIND_ALL)
              .bind("ids", SqlArray.text(ids.stream().map(AgentId::toString).toList()))
              .map(AgentRow::read)
              .forEach(stored -> found.put(stored.agent().id(), stored));
          return found;
        });
  }

  @Override
  public List<StoredAgent> find(AgentQuery query) {
    return statements.read("find agents", handle -> AgentSearch.run(handle, query));
  }

  @Override
  public boolean delete(AgentId id, long expectedVersion) {
    AgentId unused = id.requireRegistered("agents");
    String what = "delete agent " + id;
    return statements.transaction(
        SqlOptions.of(what), handle -> delete(handle, what, id, expectedVersion));
  }

  @Override
  public Map<AgentId, DataResult<Long>> deleteAll(Collection<AgentId> ids) {
    ids.forEach(id -> id.requireRegistered("agents"));
    return statements.whole(() -> deletion.delete(ids));
  }

  private static boolean delete(Handle handle, String what, AgentId id, long expectedVersion) {
    boolean deleted =
        handle
                .createUpdate(DELETE)
                .bind("id", id.uuid())
                .bind("expected", expectedVersion)
                .execute()
            == 1;
    if (!deleted && expectedVersion != ANY) {
      boolean exists = find(handle, id).isPresent();
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
  public void heartbeats(Map<AgentId, Instant> times) {
    times.keySet().forEach(id -> id.requireRegistered("heartbeats"));
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
    statements.write(
        "note the heartbeats of " + times.size() + " agents",
        handle ->
            handle
                .createUpdate(HEARTBEATS)
                .bind("ids", SqlArray.text(ids))
                .bind("times", SqlArray.text(instants))
                .execute());
  }

  @Override
  public Optional<Instant> lastHeartbeat(AgentId id) {
    AgentId unused = id.requireRegistered("heartbeats");
    return statements.read(
        "read the last heartbeat of agent " + id,
        handle ->
            handle
                .createQuery(LAST_HEARTBEAT)
                .bind("id", id.uuid())
                .map((row, context) -> SqlTime.get(row, "last_heartbeat"))
                .findOne());
  }

  @Override
  public List<StoredAgent> unpublished(int limit) {
    return statements.read(
        "list unpublished agents",
        handle -> handle.createQuery(UNPUBLISHED).bind("limit", limit).map(AgentRow::read).list());
  }

  @Override
  public void markPublished(AgentId id, long version) {
    statements.write(
        "note that version " + version + " of agent " + id + " is published",
        handle ->
            handle
                .createUpdate(MARK_PUBLISHED)
                .bind("id", id.uuid())
                .bind("version", version)
                .execute());
  }

  @Override
  public void markAllPublished(Map<AgentId, Long> versions) {
    if (versions.isEmpty()) {
      return;
    }
    List<String> ids = versions.keySet().stream().map(AgentId::toString).toList();
    statements.write(
        "note that " + versions.size() + " agents are published",
        handle ->
            handle
                .createUpdate(MARK_ALL_PUBLISHED)
                .bind("ids", SqlArray.text(ids))
                .bind("versions", SqlArray.bigint(versions.values()))
                .execute());
  }
}
