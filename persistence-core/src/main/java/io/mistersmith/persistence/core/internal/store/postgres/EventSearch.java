package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.agent.LifecycleEvents.EventQuery;
import org.jdbi.v3.core.statement.Query;

/**
 * Finds events of all agents in {@code agents.lifecycle_events}. Each condition of a query adds a
 * text of its own; values are parameters.
 */
final class EventSearch {

  private static final String FIND =
      """
      SELECT event_id, agent_id, event_type, previous_status, new_status, event_data, triggered_by,
             created_at
        FROM agents.lifecycle_events
       WHERE TRUE
      """;

  private static final String TYPE = " AND event_type = :type";

  private static final String NEW_STATUS = " AND new_status = :status::agents.agent_status_type";

  private static final String SINCE = " AND created_at >= :since::timestamptz";

  /** The time alone as well, since only it leaves partitions out. */
  private static final String AFTER =
      """
       AND created_at <= :at::timestamptz
       AND (created_at, event_id) < (:at::timestamptz, :after)
      """;

  private static final String PAGE = " ORDER BY created_at DESC, event_id DESC LIMIT :limit";

  private EventSearch() {}

  /** Returns the statement for a query's conditions. */
  static String sql(EventQuery query) {
    return FIND
        + query.type().map(type -> TYPE).orElse("")
        + query.newStatus().map(status -> NEW_STATUS).orElse("")
        + query.since().map(since -> SINCE).orElse("")
        + query.after().map(after -> AFTER).orElse("")
        + PAGE;
  }

  /** Gives the statement of a query its values. */
  static Query bind(Query statement, EventQuery query) {
    statement.bind("limit", query.limit());
    query.type().ifPresent(type -> statement.bind("type", type));
    query.newStatus().ifPresent(status -> statement.bind("status", AgentValues.column(status)));
    query.since().ifPresent(since -> statement.bind("since", SqlTime.text(since)));
    query
        .after()
        .ifPresent(
            after -> statement.bind("at", SqlTime.text(after.at())).bind("after", after.id()));
    return statement;
  }
}
