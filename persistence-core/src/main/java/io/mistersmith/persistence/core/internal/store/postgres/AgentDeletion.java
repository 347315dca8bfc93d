package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Deletes many agents with two statements, one to lock the rows and one to delete them. A parent
 * whose children are not deleted with it is left out by the statement itself. A batch that is
 * refused for another reason is halved until the refused agents are alone.
 */
final class AgentDeletion {

  private static final int ATTEMPTS = 5;

  /** In the order of the ids, so that two runtimes do not wait in a circle. */
  private static final String LOCK =
      """
      SELECT count(*)
        FROM (SELECT agent_id
                FROM agents.registry
               WHERE agent_id = ANY (:ids::uuid[])
               ORDER BY agent_id
                 FOR UPDATE) AS locked
      """;

  /** Answers with the version of each deleted agent, and with null for a parent that was kept. */
  private static final String DELETE =
      """
      WITH RECURSIVE kept (agent_id) AS (
        SELECT r.parent_agent_id
          FROM agents.registry r
         WHERE r.parent_agent_id = ANY (:ids::uuid[]) AND r.agent_id <> ALL (:ids::uuid[])
         UNION
        SELECT r.parent_agent_id
          FROM kept k
          JOIN agents.registry r ON r.agent_id = k.agent_id
         WHERE r.parent_agent_id = ANY (:ids::uuid[])),
      deleted AS (
        DELETE FROM agents.registry r
         WHERE r.agent_id = ANY (:ids::uuid[])
           AND NOT EXISTS (SELECT FROM kept k WHERE k.agent_id = r.agent_id)
        RETURNING r.agent_id, r.version)
      SELECT agent_id, version FROM deleted
       UNION ALL
      SELECT agent_id, NULL FROM kept
      """;

  private final Statements statements;

  AgentDeletion(Statements statements) {
    this.statements = statements;
  }

  /** Deletes the agents whatever their versions; see {@link AgentStore#deleteAll}. */
  Map<AgentId, DataResult<Long>> delete(Collection<AgentId> ids) {
    Map<AgentId, DataResult<Long>> results = new HashMap<>();
    List<AgentId> batch = List.copyOf(new LinkedHashSet<>(ids));
    delete(batch, results);
    Map<AgentId, DataResult<Long>> inOrder = new LinkedHashMap<>();
    batch.forEach(id -> inOrder.put(id, Objects.requireNonNull(results.get(id))));
    return inOrder;
  }

  private void delete(List<AgentId> batch, Map<AgentId, DataResult<Long>> results) {
    if (batch.isEmpty()) {
      return;
    }
    try {
      results.putAll(deleteTogether(batch));
    } catch (PersistenceException e) {
      if (batch.size() > 1 && AgentBatch.othersMayPass(e)) {
        int half = batch.size() / 2;
        delete(batch.subList(0, half), results);
        delete(batch.subList(half, batch.size()), results);
      } else {
        batch.forEach(id -> results.put(id, DataResult.failure(e)));
      }
    }
  }

  private Map<AgentId, DataResult<Long>> deleteTogether(List<AgentId> batch) {
    String what =
        batch.size() == 1 ? "delete agent " + batch.get(0) : "delete " + batch.size() + " agents";
    return statements.attempt(
        SqlOptions.of(what).withAttempts(ATTEMPTS), handle -> deleteIn(handle, batch));
  }

  private static Map<AgentId, DataResult<Long>> deleteIn(Handle handle, List<AgentId> batch) {
    SqlArray ids = SqlArray.text(batch.stream().map(AgentId::toString).toList());
    Map<AgentId, DataResult<Long>> results = new HashMap<>();
    batch.forEach(id -> results.put(id, DataResult.success(AgentStore.NONE)));
    if (handle.createQuery(LOCK).bind("ids", ids).mapTo(Long.class).one() > 0) {
      handle
          .createQuery(DELETE)
          .bind("ids", ids)
          .map(
              (row, context) -> {
                AgentId id = AgentId.of(row.getObject("agent_id", UUID.class));
                long version = row.getLong("version");
                return Map.entry(id, row.wasNull() ? kept(id) : DataResult.success(version));
              })
          .forEach(row -> results.put(row.getKey(), row.getValue()));
    }
    return results;
  }

  private static DataResult<Long> kept(AgentId id) {
    return DataResult.failure(
        new NonTransientPersistenceException(
            DataError.CONSTRAINT_VIOLATION,
            "agent " + id + ": it is the parent of others; delete them first, or together"));
  }
}
