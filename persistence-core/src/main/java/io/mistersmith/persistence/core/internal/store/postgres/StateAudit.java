package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.LogStore;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.statement.SqlStatement;

/** The queries of {@code agents.state} for checks and figures. */
final class StateAudit {

  /** Counts only where that is quick; the subquery is not run where the estimate will do. */
  private static final String COUNT =
      """
      SELECT CASE WHEN e.rows >= 100000 THEN e.rows
                  ELSE (SELECT count(*) FROM agents.state WHERE deleted_at IS NULL) END
        FROM (SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint AS rows
                FROM pg_catalog.pg_inherits i
                JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
               WHERE i.inhparent = 'agents.state'::regclass) e
      """;

  private static final String CHECKSUMS =
      """
      SELECT s.agent_id, s.owner, s.state_key, s.checksum
        FROM unnest(:agents, :keys) AS c (agent_id, state_key)
        JOIN agents.state s ON s.agent_id = c.agent_id::uuid AND s.state_key = c.state_key
       WHERE s.checksum IS NOT NULL
      """;

  private static final String ORPHANS =
      """
      SELECT s.agent_id, s.owner, s.state_key
        FROM agents.state s
       WHERE s.owner IS NULL
         AND NOT EXISTS (SELECT 1 FROM agents.registry r WHERE r.agent_id = s.agent_id)
       LIMIT :limit
      """;

  private static final String REMOVE_ORPHANS =
      """
      DELETE FROM agents.state s
       USING unnest(:agents, :keys) AS c (agent_id, state_key)
       WHERE s.agent_id = c.agent_id::uuid AND s.state_key = c.state_key
         AND s.owner IS NULL
         AND NOT EXISTS (SELECT 1 FROM agents.registry r WHERE r.agent_id = s.agent_id)
      """;

  private final Statements statements;

  StateAudit(Statements statements) {
    this.statements = statements;
  }

  long count() {
    return statements.read(
        "count the state", handle -> handle.createQuery(COUNT).mapTo(Long.class).one());
  }

  Map<StateKey, String> checksums(Collection<StateKey> keys) {
    if (keys.isEmpty()) {
      return Map.of();
    }
    return statements.read(
        "read " + keys.size() + " checksums",
        handle -> {
          List<LogStore.Key> entries =
              keys.stream().flatMap(key -> LogStore.Key.of(key).stream()).toList();
          Map<StateKey, String> found =
              entries.isEmpty() ? new HashMap<>() : PostgresLogStore.checksums(handle, entries);
          bind(handle.createQuery(CHECKSUMS), keys)
              .map((row, context) -> Map.entry(StateRow.key(row), row.getString("checksum")))
              .forEach(entry -> found.put(entry.getKey(), entry.getValue()));
          return found;
        });
  }

  List<StateKey> orphans(int limit) {
    return statements.read(
        "look for state without an agent",
        handle ->
            handle
                .createQuery(ORPHANS)
                .bind("limit", limit)
                .map((row, context) -> StateRow.key(row))
                .list());
  }

  int removeOrphans(Collection<StateKey> keys) {
    return keys.isEmpty()
        ? 0
        : statements.write(
            "remove " + keys.size() + " rows without an agent",
            handle -> bind(handle.createUpdate(REMOVE_ORPHANS), keys).execute());
  }

  private static <S extends SqlStatement<S>> S bind(S statement, Collection<StateKey> keys) {
    List<String> agents = new ArrayList<>(keys.size());
    List<String> names = new ArrayList<>(keys.size());
    for (StateKey key : keys) {
      agents.add(StateRow.agentId(key.agent()));
      names.add(key.path());
    }
    return statement.bind("agents", SqlArray.text(agents)).bind("keys", SqlArray.text(names));
  }
}
