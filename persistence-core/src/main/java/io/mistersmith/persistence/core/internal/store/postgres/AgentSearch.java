package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * Finds agents in {@code agents.registry}. Each condition of a query adds a text of its own, so
 * that the server plans for the conditions there are; values are parameters.
 */
final class AgentSearch {

  private static final String TYPE = " AND agent_type = :type";

  private static final String STATUS = " AND status = :status::agents.agent_status_type";

  private static final String PARENT = " AND parent_agent_id = :parent";

  private static final String CAPABILITIES = " AND capabilities @> :capabilities::jsonb";

  /** Served by the index that begins with the status: without one, for each status in turn. */
  private static final String SILENT =
      """
       AND (last_heartbeat < :silentSince::timestamptz
            OR (last_heartbeat IS NULL AND created_at < :silentSince::timestamptz))
      """;

  private static final String ANY_STATUS =
      " AND status = ANY (enum_range(NULL::agents.agent_status_type))";

  private static final String AFTER = " AND agent_id > :after";

  private static final String PAGE = " ORDER BY agent_id LIMIT :limit";

  private static final String SELECT =
      "SELECT " + PostgresAgentStore.COLUMNS + "FROM agents.registry WHERE TRUE";

  /**
   * Silence and capabilities are rare, and the server cannot know how rare: with the page's order
   * and limit it may expect such agents everywhere, and walk all ids. OFFSET 0 has it find the ids
   * of all of them at first.
   */
  private static final String SELECT_RARE =
      "SELECT "
          + PostgresAgentStore.COLUMNS
          + """
            FROM (SELECT agent_id
                    FROM (SELECT agent_id
                            FROM agents.registry
                           WHERE TRUE
          """;

  private static final String PAGE_OF_RARE =
      """
                          OFFSET 0) AS rare
                   ORDER BY agent_id
                   LIMIT :limit) AS page (id)
           CROSS JOIN LATERAL (SELECT * FROM agents.registry WHERE agent_id = id OFFSET 0) AS r
           ORDER BY agent_id
      """;

  private AgentSearch() {}

  static List<StoredAgent> run(Handle handle, AgentQuery query) {
    return bind(handle.createQuery(sql(query)), query).map(AgentRow::read).list();
  }

  /** Gives the statement of a query its values. */
  static Query bind(Query statement, AgentQuery query) {
    statement.bind("limit", query.limit());
    query.type().ifPresent(type -> statement.bind("type", type));
    query.status().ifPresent(status -> statement.bind("status", AgentValues.column(status)));
    query.parent().ifPresent(parent -> statement.bind("parent", parent.uuid()));
    if (!query.capabilities().isEmpty()) {
      statement.bind("capabilities", AgentRow.json(query.capabilities()));
    }
    query.silentSince().ifPresent(time -> statement.bind("silentSince", SqlTime.text(time)));
    query.after().map(AgentId::uuid).ifPresent(after -> statement.bind("after", after));
    return statement;
  }

  /** Returns the statement for a query's conditions. */
  static String sql(AgentQuery query) {
    boolean silent = query.silentSince().isPresent();
    boolean rare = silent || !query.capabilities().isEmpty();
    StringBuilder sql = new StringBuilder(rare ? SELECT_RARE : SELECT);
    add(sql, TYPE, query.type().isPresent());
    add(sql, STATUS, query.status().isPresent());
    add(sql, PARENT, query.parent().isPresent());
    add(sql, CAPABILITIES, !query.capabilities().isEmpty());
    add(sql, SILENT, silent);
    add(sql, ANY_STATUS, silent && query.status().isEmpty());
    add(sql, AFTER, query.after().isPresent());
    return sql.append(rare ? PAGE_OF_RARE : PAGE).toString();
  }

  private static void add(StringBuilder sql, String condition, boolean wanted) {
    if (wanted) {
      sql.append(condition);
    }
  }
}
