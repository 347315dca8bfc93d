package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.AgentId;
import org.jdbi.v3.core.Handle;

/** Removes runs of sagas that name an agent, each with all runs around it and in it. */
final class SagaTraces {

  private static final String TREE =
      """
      WITH RECURSIVE named AS (
        SELECT r.saga_id, r.parent_id
          FROM sagas.runs AS r
         WHERE r.correlation_id = :agent
            OR r.unique_key = :agent
            OR jsonb_path_exists(
                 r.input, '$.** ? (@ == $id)', jsonb_build_object('id', :agent::text))
            OR EXISTS (
                 SELECT
                   FROM sagas.log AS l
                  WHERE l.saga_id = r.saga_id
                    AND jsonb_path_exists(
                          l.data, '$.** ? (@ == $id)', jsonb_build_object('id', :agent::text)))
      ), up AS (
        SELECT saga_id, parent_id FROM named
         UNION
        SELECT r.saga_id, r.parent_id
          FROM up AS u
          JOIN sagas.runs AS r ON r.saga_id = u.parent_id
      ), tree AS (
        SELECT saga_id AS root, saga_id FROM up WHERE parent_id IS NULL
         UNION ALL
        SELECT t.root, c.saga_id
          FROM tree AS t
          JOIN sagas.runs AS c ON c.parent_id = t.saga_id
      )
      """;

  private static final String REMOVE =
      TREE
          + """
          , ended AS (
            SELECT t.root
              FROM tree AS t
              LEFT JOIN sagas.open AS o ON o.saga_id = t.saga_id
             GROUP BY t.root
            HAVING count(o.saga_id) = 0
             ORDER BY t.root
             LIMIT :limit
          ), gone AS (
            SELECT saga_id FROM tree WHERE root IN (SELECT root FROM ended)
          ), logs AS (
            DELETE FROM sagas.log WHERE saga_id = ANY (ARRAY(SELECT saga_id FROM gone))
          ), runs AS (
            DELETE FROM sagas.runs
             WHERE saga_id = ANY (ARRAY(SELECT saga_id FROM gone))
            RETURNING 1
          )
          SELECT count(*) FROM runs
          """;

  private static final String OPEN =
      TREE
          + """
          SELECT count(*)
            FROM tree AS t
            JOIN sagas.open AS o ON o.saga_id = t.saga_id
          """;

  private SagaTraces() {}

  static int remove(Handle handle, AgentId agent, int limit) {
    return handle
        .createQuery(REMOVE)
        .bind("agent", agent.toString())
        .bind("limit", limit)
        .mapTo(Integer.class)
        .one();
  }

  static int open(Handle handle, AgentId agent) {
    return handle.createQuery(OPEN).bind("agent", agent.toString()).mapTo(Integer.class).one();
  }
}
