package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun.State;
import org.jdbi.v3.core.statement.Query;

/**
 * Finds runs of sagas. Each condition of a query adds a text of its own; values are parameters. The
 * state decides where the search begins: at the ends in {@code sagas.log}, at the runs in {@code
 * sagas.open}, or at all runs.
 */
final class SagaSearch {

  /** The last row {@code e} of the log has the operator's reason, or an earlier row has one. */
  private static final String REASON_OF_END =
      """
      coalesce(e.reason, (SELECT c.reason
                            FROM sagas.log AS c
                           WHERE c.saga_id = r.saga_id AND c.event = 'compensating'
                           ORDER BY c.position DESC
                           LIMIT 1))
      """;

  private static final String ALL =
      "SELECT "
          + SagaRow.RUN
          + """
          , r.input, coalesce(o.stopped, o.state, lower(e.data ->> 'state')) AS state,
                 e.at AS ended_at,
                 CASE WHEN o.saga_id IS NULL THEN
          """
          + REASON_OF_END
          + """
                 ELSE coalesce(o.stop_reason, o.compensation_reason) END AS reason
            FROM %s
            LEFT JOIN sagas.open AS o ON o.saga_id = r.saga_id
            LEFT JOIN LATERAL (
                   SELECT n.event, n.data, n.at, n.reason
                     FROM sagas.log AS n
                    WHERE n.saga_id = r.saga_id AND o.saga_id IS NULL
                    ORDER BY n.position DESC
                    LIMIT 1) AS e ON e.event = 'ended'
           WHERE coalesce(o.state, e.event) IS NOT NULL
          """;

  private static final String AMONG_OPEN =
      "SELECT "
          + SagaRow.RUN
          + """
          , r.input, coalesce(o.stopped, o.state) AS state, NULL::timestamptz AS ended_at,
                 coalesce(o.stop_reason, o.compensation_reason) AS reason
            FROM sagas.open AS o
            JOIN sagas.runs AS r ON r.saga_id = o.saga_id
           WHERE
          """;

  private static final String UNDER_WAY = AMONG_OPEN + " o.state = :state AND o.stopped IS NULL";

  private static final String STOPPED = AMONG_OPEN + " o.stopped = :state";

  /** A run that was compensated after its end has later rows. */
  private static final String ENDED =
      "SELECT "
          + SagaRow.RUN
          + """
          , r.input, lower(e.data ->> 'state') AS state, e.at AS ended_at,
          """
          + REASON_OF_END
          + """
             AS reason
            FROM sagas.log AS e
            JOIN sagas.runs AS r ON r.saga_id = e.saga_id
           WHERE e.event = 'ended' AND e.data ->> 'state' = :state
             AND NOT EXISTS (SELECT
                               FROM sagas.log AS n
                              WHERE n.saga_id = e.saga_id AND n.position > e.position)
          """;

  static final String ONE = ALL.formatted("sagas.runs AS r") + " AND r.saga_id = :saga";

  /** The ids of a page come first, from an index alone. */
  private static final String PAGE =
      ALL.formatted(
              """
              (SELECT p.saga_id
                         FROM sagas.runs AS p
                        WHERE TRUE%s) AS k
                    JOIN sagas.runs AS r ON r.saga_id = k.saga_id
              """)
          + " ORDER BY r.saga_id";

  private SagaSearch() {}

  /** Returns the statement for a query's conditions. */
  static String sql(SagaQuery query) {
    return query
        .state()
        .map(
            state -> from(state) + conditions(query, "r", (state.isEnd() ? "e" : "o") + ".saga_id"))
        .orElseGet(() -> PAGE.formatted(conditions(query, "p", "p.saga_id")));
  }

  private static String from(State state) {
    return state.isEnd() ? ENDED : state.isStopped() ? STOPPED : UNDER_WAY;
  }

  /**
   * Returns the other conditions, and the page.
   *
   * @param run the run
   * @param id the column of ids where the search begins
   */
  private static String conditions(SagaQuery query, String run, String id) {
    return query.name().map(name -> " AND " + run + ".name = :name").orElse("")
        + query
            .correlationId()
            .map(of -> " AND " + run + ".correlation_id = :correlation")
            .orElse("")
        + query.parent().map(parent -> " AND " + run + ".parent_id = :parent").orElse("")
        + query.after().map(after -> " AND " + id + " > :after").orElse("")
        + " ORDER BY "
        + id
        + " LIMIT :limit";
  }

  /** Gives the statement of a query its values. */
  static Query bind(Query statement, SagaQuery query) {
    statement.bind("limit", query.limit());
    query.name().ifPresent(name -> statement.bind("name", name));
    query
        .state()
        .ifPresent(
            state -> statement.bind("state", state.isEnd() ? state.name() : SagaRow.column(state)));
    query.correlationId().ifPresent(id -> statement.bind("correlation", id));
    query.parent().ifPresent(parent -> statement.bind("parent", parent));
    query.after().ifPresent(after -> statement.bind("after", after));
    return statement;
  }
}
