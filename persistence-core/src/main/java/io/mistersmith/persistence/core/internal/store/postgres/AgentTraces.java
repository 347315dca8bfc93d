package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.ForgetStore.Place;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/**
 * Removes rows of an agent, or empties them where the row must stay. Each statement returns how
 * many rows it changed, and changes them once.
 */
final class AgentTraces {

  private static final String ENTRY_WRITES =
      """
      WITH gone AS (
        DELETE FROM sagas.entry_writes
         WHERE (owner, path) IN (SELECT owner, path
                                   FROM sagas.entry_writes
                                  WHERE owner = :agent
                                  LIMIT :limit)
        RETURNING 1
      )
      SELECT count(*) FROM gone
      """;

  /** The deliveries have no foreign key to the messages. */
  private static final String MESSAGES =
      """
      WITH found AS MATERIALIZED (
        SELECT message_id, sent_at
          FROM messages.log
         WHERE from_agent_id = :id OR to_agent_id = :id
         ORDER BY sent_at, message_id
         LIMIT :limit
      ), copies AS (
        DELETE FROM messages.deliveries AS d
         USING found AS f
         WHERE d.message_id = f.message_id AND d.sent_at = f.sent_at
      ), gone AS (
        DELETE FROM messages.log AS l
         USING found AS f
         WHERE l.message_id = f.message_id AND l.sent_at = f.sent_at
        RETURNING 1
      )
      SELECT count(*) FROM gone
      """;

  private static final String FACTS =
      """
      WITH gone AS (
        DELETE FROM knowledge.facts
         WHERE fact_id IN (SELECT fact_id
                             FROM knowledge.facts
                            WHERE source_agent_id = :id OR entity_id = :agent
                            LIMIT :limit)
        RETURNING 1
      )
      SELECT count(*) FROM gone
      """;

  /** A row stays until KV need not be told again; its token's hash is all that this takes. */
  private static final String SESSIONS =
      """
      WITH emptied AS (
        UPDATE sessions.active AS a
           SET revoked_at = coalesce(a.revoked_at, clock_timestamp()),
               unpublished = TRUE,
               version = a.version + 1,
               user_id = NULL,
               session_data = '{}',
               preferences = '{}',
               permissions = '{}',
               ip_address = NULL,
               user_agent = NULL
         WHERE a.session_id IN (
                 SELECT session_id
                   FROM sessions.active
                  WHERE agent_id = :id
                    AND (revoked_at IS NULL
                         OR num_nonnulls(user_id, ip_address, user_agent) > 0
                         OR session_data <> '{}'
                         OR preferences <> '{}'
                         OR permissions <> '{}')
                  ORDER BY session_id
                  LIMIT :limit
                    FOR UPDATE)
        RETURNING 1
      )
      SELECT count(*) FROM emptied
      """;

  /** The epoch and the version stay, so that nothing older takes the row's place. */
  private static final String STATES =
      """
      WITH emptied AS (
        UPDATE agents.state AS s
           SET state_value = 'null',
               state_document = NULL,
               checksum = NULL,
               expires_at = NULL,
               actor = NULL,
               correlation_id = NULL,
               deleted_at = clock_timestamp()
         WHERE s.agent_id = :id
           AND s.state_key IN (SELECT state_key
                                 FROM agents.state
                                WHERE agent_id = :id AND owner IS NOT NULL AND deleted_at IS NULL
                                ORDER BY state_key
                                LIMIT :limit
                                  FOR UPDATE)
        RETURNING 1
      )
      SELECT count(*) FROM emptied
      """;

  private static final String LOG_ENTRIES =
      """
      WITH gone AS (
        DELETE FROM agents.log_entries
         WHERE agent_id = :id
           AND (log, version) IN (SELECT log, version
                                    FROM agents.log_entries
                                   WHERE agent_id = :id AND owner IS NOT NULL
                                   LIMIT :limit)
        RETURNING 1
      )
      SELECT count(*) FROM gone
      """;

  /** Chunks of its large values were written under the ids of these. */
  private static final String DEAD_LETTERS =
      """
      WITH gone AS (
        DELETE FROM agents.dead_letters
         WHERE dead_letter_id IN (
                 SELECT d.dead_letter_id
                   FROM agents.dead_letters AS d
                  WHERE (d.agent = :agent
                         OR d.agent IN (SELECT '_' || n.content
                                          FROM agents.large_value_names AS n
                                         WHERE n.agent_id = :id))
                    AND coalesce(d.written_at, d.created_at)
                          <= coalesce((SELECT f.ended_at
                                         FROM agents.forgotten AS f
                                        WHERE f.agent_id = :id), 'infinity')
                  LIMIT :limit)
        RETURNING 1
      )
      SELECT count(*) FROM gone
      """;

  private static final String LARGE_VALUES =
      """
      WITH mine AS MATERIALIZED (
        SELECT DISTINCT content
          FROM agents.large_value_names
         WHERE agent_id = :id AND NOT agents.is_large_value_named(content)
         LIMIT :limit
      ), gone AS (
        DELETE FROM agents.large_values AS l
         USING mine AS m
         WHERE l.content = m.content
        RETURNING 1
      )
      SELECT count(*) FROM gone
      """;

  /** Of contents that others have too; not of entries that are written by now. */
  private static final String LARGE_VALUE_NAMES =
      """
      DELETE FROM agents.large_value_names AS n
       WHERE n.agent_id = :id
         AND NOT EXISTS (SELECT
                           FROM agents.state AS s
                          WHERE s.agent_id = n.agent_id
                            AND s.state_key = n.state_key
                            AND s.deleted_at IS NULL)
         AND NOT EXISTS (SELECT FROM agents.checkpoints AS c WHERE c.agent_id = n.agent_id)
      """;

  private static final String HANDLED =
      """
      WITH gone AS (
        DELETE FROM messages.handled
         WHERE (consumer, message_id) IN (SELECT consumer, message_id
                                            FROM messages.handled
                                           WHERE position(:id::text IN message_id) > 0
                                              OR position(:id::text IN consumer) > 0
                                           LIMIT :limit)
        RETURNING 1
      )
      SELECT count(*) FROM gone
      """;

  private static final String OUTBOX =
      """
      SELECT events.forget(f.agent_id, f.task_ids, coalesce(f.ended_at, 'infinity'), :limit)
        FROM agents.forgotten AS f
       WHERE f.agent_id = :id
      """;

  private static final String AUDIT =
      """
      SELECT audit.forget(f.agent_id, f.task_ids, coalesce(f.ended_at, 'infinity'), :limit)
        FROM agents.forgotten AS f
       WHERE f.agent_id = :id
      """;

  /** Of the catalog alone, so that it needs no right on the schema. */
  private static final String HAS_TABLE =
      """
      SELECT EXISTS (
        SELECT
          FROM pg_catalog.pg_class AS c
          JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname || '.' || c.relname = :table)
      """;

  int remove(Handle handle, AgentId agent, Place place, int limit) {
    return switch (place) {
      case ENTRY_WRITES -> run(handle, agent, ENTRY_WRITES, limit);
      case MESSAGES -> run(handle, agent, MESSAGES, limit);
      case TASKS -> TaskTraces.remove(handle, agent, limit);
      case ARCHIVED_TASKS -> TaskTraces.removeArchived(handle, agent, limit);
      case FACTS -> run(handle, agent, FACTS, limit);
      case SAGAS -> SagaTraces.remove(handle, agent, limit);
      case SESSIONS -> run(handle, agent, SESSIONS, limit);
      case STATES -> run(handle, agent, STATES, limit);
      case LOG_ENTRIES -> run(handle, agent, LOG_ENTRIES, limit);
      case DEAD_LETTERS -> run(handle, agent, DEAD_LETTERS, limit);
      case LARGE_VALUES -> removeLargeValues(handle, agent, limit);
      case HANDLED -> run(handle, agent, HANDLED, limit);
      case OUTBOX -> ofSet(handle, agent, place, OUTBOX, limit);
      case AUDIT -> ofSet(handle, agent, place, AUDIT, limit);
    };
  }

  private static int removeLargeValues(Handle handle, AgentId agent, int limit) {
    int removed = run(handle, agent, LARGE_VALUES, limit);
    if (removed < limit) {
      int unused = handle.createUpdate(LARGE_VALUE_NAMES).bind("id", agent.uuid()).execute();
    }
    return removed;
  }

  /** Fails where the set is applied in a version that cannot forget: its values would be left. */
  private static int ofSet(Handle handle, AgentId agent, Place place, String sql, int limit) {
    boolean isApplied =
        handle.createQuery(HAS_TABLE).bind("table", place.table()).mapTo(Boolean.class).one();
    return isApplied ? run(handle, agent, sql, limit) : 0;
  }

  private static int run(Handle handle, AgentId agent, String sql, int limit) {
    return handle
        .createQuery(sql)
        .bindMap(Map.of("id", agent.uuid(), "agent", agent.toString(), "limit", limit))
        .mapTo(Integer.class)
        .one();
  }
}
