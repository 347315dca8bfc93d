package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.StateStore;
import io.mistersmith.persistence.spi.sql.StateStore.JournalPlace;
import io.mistersmith.persistence.spi.sql.StateStore.StateSearch;
import io.mistersmith.persistence.spi.sql.StateStore.StoredKey;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.Query;

/** Reads {@code agents.state}, whose {@code state_key} is the {@linkplain StateKey#path path}. */
final class PostgresStateStore implements StateStore {

  private static final int SWEEP_BATCH = 1_000;
  private static final int PAGE_OF_KEYS = 10_000;

  private static final String FIND =
      StateRow.SELECT
          + """
            FROM agents.state s
           WHERE s.agent_id = :agent AND s.state_key = :key
          """;

  private static final String FIND_ALL =
      StateRow.SELECT
          + """
            FROM unnest(:agents, :keys) AS c (agent_id, state_key)
            JOIN agents.state s ON s.agent_id = c.agent_id::uuid AND s.state_key = c.state_key
          """;

  private static final String FIND_BY_AGENT =
      StateRow.SELECT
          + """
            FROM agents.state s
           WHERE s.agent_id = :agent AND s.state_key >= :from AND s.state_key < :end
          """;

  /** One page, in the order of the primary key: the bytes of the paths, whatever the database. */
  private static final String KEYS =
      """
      SELECT state_key, epoch, version, expires_at, deleted_at
        FROM agents.state
       WHERE agent_id = :agent AND state_key > :after AND state_key >= :from AND state_key < :end
       ORDER BY state_key
       LIMIT :page
      """;

  /** One page of all owners' keys, each partition by its primary key. */
  private static final String KEYS_OF_ALL =
      """
      SELECT agent_id, owner, state_key
        FROM agents.state
       WHERE (agent_id, state_key) > (:agent, :key) AND deleted_at IS NULL
       ORDER BY agent_id, state_key
       LIMIT :page
      """;

  private static final UUID FIRST = new UUID(0, 0);

  /** No row unless all is applied; then at least one, without a key where there are none. */
  private static final String KEYS_IF_APPLIED =
      """
      SELECT s.state_key, s.epoch, s.version, s.expires_at, s.deleted_at
        FROM agents.journal_positions p
        JOIN agents.installation i ON i.id = :installation
        LEFT JOIN LATERAL
             (SELECT state_key, epoch, version, expires_at, deleted_at
                FROM agents.state
               WHERE agent_id = :agent AND state_key > :after AND state_key >= :from
                 AND state_key < :end
               ORDER BY state_key
               LIMIT :page) s ON TRUE
       WHERE p.bucket = :bucket AND p.sequence >= :sequence AND p.message_time_nanos >= :time
         AND NOT EXISTS (SELECT 1 FROM agents.dead_letters d
                          WHERE d.bucket = p.bucket AND d.agent = :owner AND d.status = 'open')
       ORDER BY s.state_key
      """;

  /** Deletes by key, because row addresses are not unique among partitions. Skips locked rows. */
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

  private final Statements statements;
  private final StateAudit audit;

  PostgresStateStore(Statements statements) {
    this.statements = statements;
    this.audit = new StateAudit(statements);
  }

  @Override
  public Optional<StoredState> find(StateKey key) {
    if (LogStore.Key.of(key).isPresent()) {
      return Optional.ofNullable(findAll(List.of(key)).get(key));
    }
    return statements.read(
        "read state " + key,
        handle ->
            handle
                .createQuery(FIND)
                .bind("agent", key.agent().uuid())
                .bind("key", key.path())
                .map(StateRow::stored)
                .findOne());
  }

  @Override
  public Map<StateKey, StoredState> findAll(Collection<StateKey> keys) {
    if (keys.isEmpty()) {
      return Map.of();
    }
    List<String> agents = new ArrayList<>(keys.size());
    List<String> paths = new ArrayList<>(keys.size());
    List<LogStore.Key> entries = new ArrayList<>();
    for (StateKey key : keys) {
      Optional<LogStore.Key> entry = LogStore.Key.of(key);
      entry.ifPresentOrElse(
          entries::add,
          () -> {
            agents.add(StateRow.agentId(key.agent()));
            paths.add(key.path());
          });
    }
    return statements.read(
        "read " + keys.size() + " states",
        handle -> {
          Map<StateKey, StoredState> found =
              entries.isEmpty() ? new HashMap<>() : PostgresLogStore.states(handle, entries);
          if (agents.isEmpty()) {
            return found;
          }
          handle
              .createQuery(FIND_ALL)
              .bind("agents", SqlArray.text(agents))
              .bind("keys", SqlArray.text(paths))
              .map(StateRow::stored)
              .forEach(state -> found.put(state.key(), state));
          return found;
        });
  }

  @Override
  public List<StoredState> findByAgent(AgentId agent, String prefix) {
    return statements.read(
        "list the state of agent " + agent,
        handle ->
            handle
                .createQuery(FIND_BY_AGENT)
                .bind("agent", agent.uuid())
                .bind("from", prefix)
                .bind("end", SqlText.endOfPrefix(prefix))
                .map(StateRow::stored)
                .list());
  }

  @Override
  public List<StoredKey> keys(AgentId agent, String prefix) {
    List<StoredKey> found = new ArrayList<>();
    String after = "";
    List<StoredKey> page;
    do {
      page = keys(agent, prefix, after, PAGE_OF_KEYS);
      found.addAll(page);
      after = page.isEmpty() ? after : page.get(page.size() - 1).key().path();
    } while (page.size() == PAGE_OF_KEYS);
    return found;
  }

  @Override
  public List<StoredKey> keys(AgentId agent, String prefix, String after, int limit) {
    return statements.read(
        "list the keys of agent " + agent,
        handle ->
            page(handle.createQuery(KEYS), agent, prefix, after, limit)
                .map((row, context) -> key(agent, row))
                .list());
  }

  @Override
  public Optional<List<StoredKey>> keysIfApplied(
      AgentId agent, String prefix, String after, int limit, JournalPlace upTo) {
    return statements.read(
        "list the keys of agent " + agent,
        handle -> {
          List<Optional<StoredKey>> found =
              page(handle.createQuery(KEYS_IF_APPLIED), agent, prefix, after, limit)
                  .bind("installation", upTo.installation())
                  .bind("bucket", upTo.bucket())
                  .bind("sequence", upTo.sequence())
                  .bind("time", SqlTime.nanos(upTo.time()))
                  .bind("owner", agent.toString())
                  .map(
                      (row, context) ->
                          row.getString("state_key") == null
                              ? Optional.<StoredKey>empty()
                              : Optional.of(key(agent, row)))
                  .list();
          return found.isEmpty()
              ? Optional.empty()
              : Optional.of(found.stream().flatMap(Optional::stream).toList());
        });
  }

  @Override
  public List<StateKey> keysOfAll(Optional<StateKey> after, int limit) {
    return statements.read(
        "list the keys of all agents",
        handle ->
            handle
                .createQuery(KEYS_OF_ALL)
                .bind("agent", after.map(key -> key.agent().uuid()).orElse(FIRST))
                .bind("key", after.map(StateKey::path).orElse(""))
                .bind("page", limit)
                .map((row, context) -> StateRow.key(row))
                .list());
  }

  private static Query page(Query query, AgentId agent, String prefix, String after, int limit) {
    return query
        .bind("agent", agent.uuid())
        .bind("after", after)
        .bind("from", prefix)
        .bind("end", SqlText.endOfPrefix(prefix))
        .bind("page", limit);
  }

  private static StoredKey key(AgentId agent, ResultSet row) throws SQLException {
    return new StoredKey(
        StateKey.ofPath(agent, row.getString("state_key")),
        new Revision.OfJournal(row.getLong("epoch"), row.getLong("version")),
        SqlTime.optional(row, "expires_at"),
        SqlTime.optional(row, "deleted_at").isPresent());
  }

  @Override
  public List<StoredState> search(StateSearch wanted) {
    return StateSearchQuery.run(statements, wanted);
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
          statements.write(
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
}
