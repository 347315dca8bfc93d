package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.StateStore;
import io.mistersmith.persistence.spi.StoredKey;
import io.mistersmith.persistence.spi.StoredState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;

/** Reads {@code agents.state}. An agent that is no UUID in lower-case letters has no rows. */
final class PostgresStateStore implements StateStore {

  private static final int SWEEP_BATCH = 1_000;
  private static final int PAGE_OF_KEYS = 10_000;

  private static final String FIND =
      """
      SELECT agent_id, state_key, state_document,
             CASE WHEN state_document IS NULL THEN state_value END AS state_value,
             epoch, version, updated_at, expires_at, deleted_at, hybrid_time, vector_clock
        FROM agents.state
       WHERE agent_id = :agent AND state_key = :key
      """;

  private static final String FIND_ALL =
      """
      SELECT s.agent_id, s.state_key, s.state_document,
             CASE WHEN s.state_document IS NULL THEN s.state_value END AS state_value,
             s.epoch, s.version, s.updated_at, s.expires_at, s.deleted_at, s.hybrid_time,
             s.vector_clock
        FROM unnest(:agents, :keys) AS c (agent_id, state_key)
        JOIN agents.state s ON s.agent_id = c.agent_id::uuid AND s.state_key = c.state_key
      """;

  private static final String FIND_BY_AGENT =
      """
      SELECT agent_id, state_key, state_document,
             CASE WHEN state_document IS NULL THEN state_value END AS state_value,
             epoch, version, updated_at, expires_at, deleted_at, hybrid_time, vector_clock
        FROM agents.state
       WHERE agent_id = :agent AND starts_with(state_key, :prefix)
      """;

  /**
   * One page in the order of the primary key, which continues after the last key of the one before.
   */
  private static final String KEYS =
      """
      SELECT state_key, epoch, version, expires_at, deleted_at
        FROM agents.state
       WHERE agent_id = :agent AND state_key > :after AND starts_with(state_key, :prefix)
       ORDER BY state_key
       LIMIT :page
      """;

  /** By key, because row addresses are not unique among partitions. Waits for nobody. */
  private static final String SWEEP =
      """
      WITH old AS (
        SELECT agent_id, state_key
          FROM agents.state
         WHERE deleted_at < now() - :micros * interval '1 microsecond'
            OR expires_at < now() - :micros * interval '1 microsecond'
         LIMIT :batch
           FOR UPDATE SKIP LOCKED)
      DELETE FROM agents.state s
       USING old
       WHERE s.agent_id = old.agent_id AND s.state_key = old.state_key
      """;

  private final Database database;
  private final StateAudit audit;

  PostgresStateStore(Database database) {
    this.database = database;
    this.audit = new StateAudit(database);
  }

  @Override
  public Optional<StoredState> find(StateKey key) {
    Optional<UUID> agent = StateRow.agentId(key.agent());
    if (agent.isEmpty()) {
      return Optional.empty();
    }
    return database.call(
        "read state " + key,
        handle ->
            handle
                .createQuery(FIND)
                .bind("agent", agent.get())
                .bind("key", key.key())
                .map(PostgresStateStore::row)
                .findOne());
  }

  @Override
  public Map<StateKey, StoredState> findAll(Collection<StateKey> keys) {
    List<String> agents = new ArrayList<>(keys.size());
    List<String> names = new ArrayList<>(keys.size());
    for (StateKey key : keys) {
      if (StateRow.agentId(key.agent()).isPresent()) {
        agents.add(key.agent());
        names.add(key.key());
      }
    }
    if (names.isEmpty()) {
      return Map.of();
    }
    return database.call(
        "read " + keys.size() + " states",
        handle -> {
          Map<StateKey, StoredState> found = new HashMap<>();
          handle
              .createQuery(FIND_ALL)
              .bind("agents", SqlArray.text(agents))
              .bind("keys", SqlArray.text(names))
              .map(PostgresStateStore::row)
              .forEach(state -> found.put(state.key(), state));
          return found;
        });
  }

  @Override
  public List<StoredState> findByAgent(String agent, String prefix) {
    Optional<UUID> id = StateRow.agentId(agent);
    if (id.isEmpty()) {
      return List.of();
    }
    return database.call(
        "list the state of agent " + agent,
        handle ->
            handle
                .createQuery(FIND_BY_AGENT)
                .bind("agent", id.get())
                .bind("prefix", prefix)
                .map(PostgresStateStore::row)
                .list());
  }

  @Override
  public List<StoredKey> keys(String agent, String prefix) {
    Optional<UUID> id = StateRow.agentId(agent);
    if (id.isEmpty()) {
      return List.of();
    }
    List<StoredKey> found = new ArrayList<>();
    String after = "";
    List<StoredKey> page;
    do {
      page = page(agent, id.get(), prefix, after);
      found.addAll(page);
      after = page.isEmpty() ? after : page.get(page.size() - 1).key().key();
    } while (page.size() == PAGE_OF_KEYS);
    return found;
  }

  private List<StoredKey> page(String agent, UUID id, String prefix, String after) {
    return database.call(
        "list the keys of agent " + agent,
        handle ->
            handle
                .createQuery(KEYS)
                .bind("agent", id)
                .bind("after", after)
                .bind("prefix", prefix)
                .bind("page", PAGE_OF_KEYS)
                .map(
                    (row, context) ->
                        new StoredKey(
                            new StateKey(agent, row.getString("state_key")),
                            new Revision(row.getLong("epoch"), row.getLong("version")),
                            SqlTime.optional(row, "expires_at"),
                            SqlTime.optional(row, "deleted_at").isPresent()))
                .list());
  }

  @Override
  public Map<StateKey, String> checksums(Collection<StateKey> keys) {
    return audit.checksums(keys);
  }

  @Override
  public List<StateKey> orphans(int limit) {
    return audit.orphans(limit);
  }

  @Override
  public int removeOrphans(Collection<StateKey> keys) {
    return audit.removeOrphans(keys);
  }

  @Override
  public long count() {
    return audit.count();
  }

  @Override
  public int sweep(Duration retention) {
    int removed = 0;
    int last;
    do {
      last =
          database.call(
              "sweep old tombstones and expired state",
              handle ->
                  handle
                      .createUpdate(SWEEP)
                      .bind("micros", retention.toNanos() / 1_000)
                      .bind("batch", SWEEP_BATCH)
                      .execute());
      removed += last;
    } while (last == SWEEP_BATCH);
    return removed;
  }

  private static StoredState row(ResultSet row, StatementContext context) throws SQLException {
    boolean deleted = SqlTime.optional(row, "deleted_at").isPresent();
    Optional<Instant> expires = SqlTime.optional(row, "expires_at");
    return new StoredState(
        new StateKey(row.getString("agent_id"), row.getString("state_key")),
        deleted ? new byte[0] : StateRow.value(row),
        new Revision(row.getLong("epoch"), row.getLong("version")),
        SqlTime.get(row, "updated_at"),
        expires,
        deleted,
        SqlProvenance.get(row));
  }
}
