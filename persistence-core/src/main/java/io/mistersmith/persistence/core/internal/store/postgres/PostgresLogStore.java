package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** Reads {@code agents.log_entries}, and deletes what truncated logs have left there. */
final class PostgresLogStore implements LogStore {

  private static final String COLUMNS =
      """
      SELECT l.agent_id, l.owner, l.log, l.version,
             agents.saved_document(l.entry_document, l.entry) AS entry_document,
             CASE WHEN agents.saved_document(l.entry_document, l.entry) IS NULL
                  THEN l.entry END AS entry,
             l.entry_id, l.kept_with, l.bytes_before, l.epoch, l.sequence, l.checksum, l.written_at
      """;

  private static final String LAST =
      COLUMNS
          + """
            FROM agents.log_entries l
           WHERE l.agent_id = :agent AND l.log = :log
           ORDER BY l.version DESC
           LIMIT 1
          """;

  private static final String READ =
      COLUMNS
          + """
            FROM agents.log_entries l
           WHERE l.agent_id = :agent AND l.log = :log AND l.version BETWEEN :from AND :to
           ORDER BY l.version
          """;

  private static final String FIND_ALL =
      COLUMNS
          + """
            FROM unnest(:agents, :logs, :versions) AS c (agent_id, log, version)
            JOIN agents.log_entries l
              ON l.agent_id = c.agent_id::uuid AND l.log = c.log AND l.version = c.version
          """;

  private static final String FIND_ID =
      """
      SELECT e.last,
             (SELECT l.version FROM agents.log_entries l
               WHERE l.agent_id = :agent AND l.log = :log AND l.entry_id = :id
                 AND l.version >= :first
               ORDER BY l.version LIMIT 1) AS found,
             (SELECT count(*) FROM agents.log_entries l
               WHERE l.agent_id = :agent AND l.log = :log
                 AND l.version >= :first AND l.version > e.last - :most) AS counted
        FROM (SELECT (SELECT l.version FROM agents.log_entries l
                       WHERE l.agent_id = :agent AND l.log = :log
                       ORDER BY l.version DESC LIMIT 1) AS last) e
      """;

  /** Steps from log to log in the primary key, however many entries each has. */
  private static final String NAMES =
      """
      WITH RECURSIVE logs (agent_id, log, place) AS (
        (SELECT l.agent_id, l.log, 1
           FROM agents.log_entries l
          WHERE (l.agent_id, l.log) > (:owner::uuid, :log)
          ORDER BY l.agent_id, l.log
          LIMIT 1)
         UNION ALL
        SELECT n.agent_id, n.log, logs.place + 1
          FROM logs
         CROSS JOIN LATERAL
               (SELECT l.agent_id, l.log
                  FROM agents.log_entries l
                 WHERE (l.agent_id, l.log) > (logs.agent_id, logs.log)
                 ORDER BY l.agent_id, l.log
                 LIMIT 1) n
         WHERE logs.place < :most)
      SELECT agent_id, log FROM logs ORDER BY place
      """;

  /** Before all others: no log has an empty name. */
  private static final Name FIRST = new Name(new UUID(0, 0), "");

  private final Statements statements;

  PostgresLogStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public Optional<StoredEntry> last(AgentId owner, String log) {
    return statements.read(
        "read the last entry of log " + log + " of " + owner,
        handle ->
            handle
                .createQuery(LAST)
                .bind("agent", owner.uuid())
                .bind("log", log)
                .map(PostgresLogStore::entry)
                .findOne());
  }

  @Override
  public List<StoredEntry> read(AgentId owner, String log, long from, long to) {
    return statements.read(
        "read entries " + from + " to " + to + " of log " + log + " of " + owner,
        handle ->
            handle
                .createQuery(READ)
                .bind("agent", owner.uuid())
                .bind("log", log)
                .bind("from", from)
                .bind("to", to)
                .map(PostgresLogStore::entry)
                .list());
  }

  @Override
  public IdLookup find(AgentId owner, String log, String id, long first) {
    return statements.read(
        "look for an id in log " + log + " of " + owner,
        handle ->
            handle
                .createQuery(FIND_ID)
                .bind("agent", owner.uuid())
                .bind("log", log)
                .bind("id", id)
                .bind("first", first)
                .bind("most", (long) COUNTED)
                .map(
                    (row, context) -> {
                      long found = row.getLong("found");
                      OptionalLong version =
                          row.wasNull() ? OptionalLong.empty() : OptionalLong.of(found);
                      return new IdLookup(row.getLong("last"), version, row.getInt("counted"));
                    })
                .one());
  }

  @Override
  public int deleteTruncated(Collection<Name> logs) {
    return statements.write(
        "delete rows of truncated logs",
        handle ->
            LogInsert.deleteBeforeFirst(
                handle,
                SqlArray.text(logs.stream().map(name -> name.owner().toString()).toList()),
                SqlArray.text(logs.stream().map(Name::log).toList())));
  }

  @Override
  public List<Name> names(Optional<Name> after, int limit) {
    return statements.read(
        "list logs",
        handle ->
            handle
                .createQuery(NAMES)
                .bind("owner", after.orElse(FIRST).owner().toString())
                .bind("log", after.orElse(FIRST).log())
                .bind("most", limit)
                .map(
                    (row, context) ->
                        new Name(row.getObject("agent_id", UUID.class), row.getString("log")))
                .list());
  }

  /** The rows of those entries that have one, as rows of the state. */
  static Map<StateKey, StoredState> states(Handle handle, Collection<Key> keys) {
    Map<StateKey, StoredState> found = new HashMap<>();
    query(handle, keys, PostgresLogStore::state).forEach(row -> found.put(row.key(), row));
    return found;
  }

  /** The checksums of those entries that have a row. */
  static Map<StateKey, String> checksums(Handle handle, Collection<Key> keys) {
    Map<StateKey, String> found = new HashMap<>();
    query(handle, keys, (row, context) -> Map.entry(key(row), row.getString("checksum")))
        .forEach(row -> found.put(row.getKey(), row.getValue()));
    return found;
  }

  private static <T> List<T> query(
      Handle handle, Collection<Key> keys, org.jdbi.v3.core.mapper.RowMapper<T> mapper) {
    List<String> agents = new ArrayList<>(keys.size());
    List<String> logs = new ArrayList<>(keys.size());
    List<Long> versions = new ArrayList<>(keys.size());
    for (Key key : keys) {
      agents.add(StateRow.agentId(key.owner()));
      logs.add(key.log());
      versions.add(key.version());
    }
    return handle
        .createQuery(FIND_ALL)
        .bind("agents", SqlArray.text(agents))
        .bind("logs", SqlArray.text(logs))
        .bind("versions", SqlArray.bigint(versions))
        .map(mapper)
        .list();
  }

  private static StoredEntry entry(ResultSet row, StatementContext context) throws SQLException {
    return new StoredEntry(row.getLong("version"), value(row), SqlTime.get(row, "written_at"));
  }

  private static StoredState state(ResultSet row, StatementContext context) throws SQLException {
    return new StoredState(
        key(row),
        value(row),
        new Revision.OfJournal(row.getLong("epoch"), row.getLong("sequence")),
        SqlTime.get(row, "written_at"),
        Optional.empty(),
        false);
  }

  private static StateKey key(ResultSet row) throws SQLException {
    String owner = row.getString("owner");
    AgentId agent =
        owner == null ? AgentId.of(row.getObject("agent_id", UUID.class)) : AgentId.external(owner);
    return new Key(agent, row.getString("log"), row.getLong("version")).toStateKey();
  }

  private static byte[] value(ResultSet row) throws SQLException {
    String document = row.getString("entry_document");
    long with = row.getLong("kept_with");
    OptionalLong keptWith = row.wasNull() ? OptionalLong.empty() : OptionalLong.of(with);
    return new Envelope(
            Optional.ofNullable(row.getString("entry_id")),
            keptWith,
            row.getLong("bytes_before"),
            document == null
                ? JsonbText.withoutBlanks(row.getString("entry"))
                : document.getBytes(StandardCharsets.UTF_8))
        .encode();
  }
}
