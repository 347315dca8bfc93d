package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.MessageQuery;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * Finds messages in {@code messages.log}. Each condition of a query adds a text of its own, so that
 * the server plans for the conditions there are; values are parameters.
 */
final class MessageSearch {

  private static final String SELECT =
      "SELECT "
          + MessageRow.COLUMNS
          + """
            FROM messages.log AS l
            LEFT JOIN messages.channels AS c ON c.channel_id = l.channel_id
           WHERE TRUE
          """;

  private static final String ID = " AND l.message_id = :id AND l.sent_at = :sent::timestamptz";

  private static final String FROM = " AND l.from_agent_id = :from";

  private static final String TO = " AND l.to_agent_id = :to";

  private static final String CHANNEL =
      " AND l.channel_id = (SELECT channel_id FROM messages.channels"
          + " WHERE channel_name = :channel)";

  /** With an array of one, the server would not see that the index has the order. */
  private static final String TYPE = " AND l.message_type = :type::messages.message_type";

  private static final String TYPES = " AND l.message_type = ANY (:types::messages.message_type[])";

  private static final String CORRELATION = " AND l.correlation_id = :correlation";

  private static final String UNDELIVERED = " AND l.delivered_at IS NULL";

  private static final String SINCE = " AND l.sent_at >= :since::timestamptz";

  private static final String UNTIL = " AND l.sent_at < :until::timestamptz";

  /** The comparison of the time alone leaves out partitions, which that of the pair does not. */
  private static final String AFTER =
      " AND l.sent_at >= :at::timestamptz AND (l.sent_at, l.message_id) > (:at::timestamptz,"
          + " :after)";

  private static final String BEFORE =
      " AND l.sent_at <= :at::timestamptz AND (l.sent_at, l.message_id) < (:at::timestamptz,"
          + " :after)";

  private static final String OLDEST_FIRST = " ORDER BY l.sent_at, l.message_id LIMIT :limit";

  private static final String LATEST_FIRST =
      " ORDER BY l.sent_at DESC, l.message_id DESC LIMIT :limit";

  private MessageSearch() {}

  static List<Message> find(Handle handle, Message.Id id) {
    return handle
        .createQuery(SELECT + ID)
        .bind("id", id.uuid())
        .bind("sent", SqlTime.text(id.sentAt()))
        .map(MessageRow::read)
        .list();
  }

  static List<Message> run(Handle handle, MessageQuery query) {
    return bind(handle.createQuery(sql(query)), query).map(MessageRow::read).list();
  }

  /** Gives the statement of a query its values. */
  static Query bind(Query statement, MessageQuery query) {
    statement.bind("limit", query.limit());
    query.from().ifPresent(agent -> statement.bind("from", agent.uuid()));
    query.to().ifPresent(agent -> statement.bind("to", agent.uuid()));
    query.channel().ifPresent(name -> statement.bind("channel", name));
    if (query.types().size() == 1) {
      statement.bind("type", MessageRow.column(query.types().iterator().next()));
    } else if (!query.types().isEmpty()) {
      statement.bind(
          "types", SqlArray.text(query.types().stream().map(MessageRow::column).toList()));
    }
    query.correlation().ifPresent(uuid -> statement.bind("correlation", uuid));
    query.since().ifPresent(time -> statement.bind("since", SqlTime.text(time)));
    query.until().ifPresent(time -> statement.bind("until", SqlTime.text(time)));
    query
        .after()
        .ifPresent(
            last -> statement.bind("after", last.uuid()).bind("at", SqlTime.text(last.sentAt())));
    return statement;
  }

  /** Returns the statement for a query's conditions. */
  static String sql(MessageQuery query) {
    StringBuilder sql = new StringBuilder(SELECT);
    add(sql, FROM, query.from().isPresent());
    add(sql, TO, query.to().isPresent());
    add(sql, CHANNEL, query.channel().isPresent());
    add(sql, TYPE, query.types().size() == 1);
    add(sql, TYPES, query.types().size() > 1);
    add(sql, CORRELATION, query.correlation().isPresent());
    add(sql, UNDELIVERED, query.undelivered());
    add(sql, SINCE, query.since().isPresent());
    add(sql, UNTIL, query.until().isPresent());
    add(sql, query.oldestFirst() ? AFTER : BEFORE, query.after().isPresent());
    return sql.append(query.oldestFirst() ? OLDEST_FIRST : LATEST_FIRST).toString();
  }

  private static void add(StringBuilder sql, String condition, boolean wanted) {
    if (wanted) {
      sql.append(condition);
    }
  }
}
