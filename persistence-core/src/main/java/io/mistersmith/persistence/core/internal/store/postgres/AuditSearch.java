package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.security.AuditChange;
import io.mistersmith.persistence.security.AuditChange.Kind;
import io.mistersmith.persistence.security.AuditChange.Writer;
import io.mistersmith.persistence.security.AuditQuery;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Finds changes in {@code audit.change_log}. Each condition of a query adds a text of its own;
 * values are parameters.
 */
final class AuditSearch {

  private static final String FIND =
      """
      SELECT change_id, changed_at, table_schema || '.' || table_name AS changed_table, operation,
             changed_by, effective_role, application_name, host(client_addr) AS address,
             transaction_id, actor, correlation_id, row_data, changed_fields, old_data, new_data
        FROM audit.change_log
       WHERE TRUE
      """;

  /** As the index has it. */
  private static final String SUBJECT =
      " AND coalesce(row_data ->> 'agent_id', row_data ->> 'task_id') = :subject";

  private static final String PATH = " AND row_data ->> 'state_key' = :path";

  private static final String ACTOR = " AND actor = :actor";

  private static final String CORRELATION = " AND correlation_id = :correlation";

  private static final String SINCE = " AND changed_at >= :since::timestamptz";

  private static final String UNTIL = " AND changed_at < :until::timestamptz";

  /** The time alone as well, since only it leaves partitions out. */
  private static final String AFTER =
      """
       AND changed_at <= :at::timestamptz
       AND (changed_at, change_id) < (:at::timestamptz, :after)
      """;

  private static final String PAGE = " ORDER BY changed_at DESC, change_id DESC LIMIT :limit";

  private AuditSearch() {}

  /** Returns the statement for a query's conditions. */
  static String sql(AuditQuery query) {
    return FIND
        + query.subject().map(subject -> SUBJECT).orElse("")
        + query.path().map(path -> PATH).orElse("")
        + query.actor().map(actor -> ACTOR).orElse("")
        + query.correlationId().map(id -> CORRELATION).orElse("")
        + query.since().map(since -> SINCE).orElse("")
        + query.until().map(until -> UNTIL).orElse("")
        + query.after().map(after -> AFTER).orElse("")
        + PAGE;
  }

  /** Gives the statement of a query its values. */
  static Query bind(Query statement, AuditQuery query) {
    statement.bind("limit", query.limit());
    query.subject().ifPresent(subject -> statement.bind("subject", subject.toString()));
    query.path().ifPresent(path -> statement.bind("path", path));
    query.actor().ifPresent(actor -> statement.bind("actor", actor));
    query.correlationId().ifPresent(id -> statement.bind("correlation", id));
    query.since().ifPresent(since -> statement.bind("since", SqlTime.text(since)));
    query.until().ifPresent(until -> statement.bind("until", SqlTime.text(until)));
    query
        .after()
        .ifPresent(
            after -> statement.bind("at", SqlTime.text(after.at())).bind("after", after.id()));
    return statement;
  }

  /** Reads a row. */
  static AuditChange read(ResultSet row, StatementContext context) throws SQLException {
    return new AuditChange(
        row.getObject("change_id", UUID.class),
        SqlTime.get(row, "changed_at"),
        row.getString("changed_table"),
        Kind.valueOf(row.getString("operation")),
        row.getString("row_data"),
        new Writer(
            row.getString("changed_by"),
            text(row, "effective_role"),
            text(row, "application_name"),
            text(row, "address"),
            row.getLong("transaction_id"),
            text(row, "actor"),
            text(row, "correlation_id")),
        text(row, "changed_fields"),
        text(row, "old_data"),
        text(row, "new_data"));
  }

  private static Optional<String> text(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getString(column));
  }
}
