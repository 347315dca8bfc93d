package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.store.postgres.DeliveryLease.Taken;
import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.model.AgentId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Leases rows of {@code messages.deliveries} to agents, and closes them; then marks the messages in
 * {@code messages.log}. Two statements each, so that the second one names the times of its
 * messages: the server then leaves out all other partitions before it plans.
 *
 * <p>Rows of the log are locked in the order of their ids, after those of the deliveries, so that
 * calls for several recipients of the same messages cannot deadlock. In a caller's transaction that
 * happens at its end: the other recipients of a message do not wait for work that lasts.
 */
final class MessageDelivery {

  private static final String GIVEN =
      """
      WITH taken AS (
        SELECT t.id::uuid AS message_id, t.at::timestamptz AS sent_at, t.attempts::integer,
               t.delivered::timestamptz AS delivered_at
          FROM unnest(:ids, :times, :attempts, :delivered) AS t (id, at, attempts, delivered)
      )
      """;

  private static final String MESSAGES =
      "SELECT "
          + MessageRow.COLUMNS
          + """
            FROM taken AS t
            JOIN messages.log AS l USING (message_id, sent_at)
            LEFT JOIN messages.channels AS c ON c.channel_id = l.channel_id
           WHERE l.sent_at BETWEEN :from::timestamptz AND :to::timestamptz
          """;

  /**
   * Does not wait for a message that another transaction holds, which may be one that works for
   * long on its own delivery: the acknowledgement or the next delivery makes up for the marks.
   */
  private static final String MARK_DELIVERED =
      GIVEN
          + """
          , stale AS MATERIALIZED (
            SELECT l.message_id, l.sent_at, t.attempts, t.delivered_at
              FROM taken AS t
              JOIN messages.log AS l USING (message_id, sent_at)
             WHERE l.sent_at BETWEEN :from::timestamptz AND :to::timestamptz
               AND (l.delivered_at IS NULL OR l.delivery_attempts < t.attempts)
             ORDER BY l.message_id
               FOR NO KEY UPDATE OF l SKIP LOCKED
          ),
          marked AS (
            UPDATE messages.log AS l
               SET delivered_at = coalesce(l.delivered_at, s.delivered_at),
                   delivery_attempts = greatest(l.delivery_attempts, s.attempts)
              FROM stale AS s
             WHERE l.message_id = s.message_id AND l.sent_at = s.sent_at
               AND l.sent_at BETWEEN :from::timestamptz AND :to::timestamptz
          )
          """
          + MESSAGES;

  private static final String CLOSE =
      """
      WITH open AS MATERIALIZED (
        SELECT d.delivery_id
          FROM unnest(:numbers, :attempts) AS g (delivery_id, attempt)
          JOIN messages.deliveries AS d USING (delivery_id)
         WHERE d.delivery_attempts = g.attempt AND d.processed_at IS NULL
         ORDER BY d.delivery_id
           FOR UPDATE OF d
      )
      UPDATE messages.deliveries AS d
         SET processed_at = clock_timestamp(), leased_until = NULL
        FROM open AS o
       WHERE d.delivery_id = o.delivery_id
      RETURNING d.message_id, d.sent_at, d.processed_at, d.delivered_at, d.delivery_attempts
      """;

  private static final String MARK_PROCESSED =
      """
      WITH closed AS (
        SELECT c.id::uuid AS message_id, c.at::timestamptz AS sent_at,
               count(*)::integer AS deliveries, max(c.processed::timestamptz) AS processed_at,
               min(c.delivered::timestamptz) AS delivered_at, max(c.attempts)::integer AS attempts
          FROM unnest(:ids, :times, :processed, :delivered, :attempts)
               AS c (id, at, processed, delivered, attempts)
         GROUP BY 1, 2
      ),
      held AS MATERIALIZED (
        SELECT l.message_id, l.sent_at, c.deliveries, c.processed_at, c.delivered_at, c.attempts
          FROM closed AS c
          JOIN messages.log AS l USING (message_id, sent_at)
         WHERE l.sent_at BETWEEN :from::timestamptz AND :to::timestamptz
         ORDER BY l.message_id
           FOR NO KEY UPDATE OF l
      )
      UPDATE messages.log AS l
         SET pending_deliveries = greatest(l.pending_deliveries - h.deliveries, 0),
             processed_at =
               CASE WHEN l.pending_deliveries <= h.deliveries THEN h.processed_at END,
             delivered_at = coalesce(l.delivered_at, h.delivered_at),
             delivery_attempts = greatest(l.delivery_attempts, h.attempts)
        FROM held AS h
       WHERE l.message_id = h.message_id AND l.sent_at = h.sent_at
         AND l.sent_at BETWEEN :from::timestamptz AND :to::timestamptz
      """;

  private static final Statements.AtEnd<List<Taken>> MARKS_DELIVERED =
      (handle, parts) -> {
        Map<Message.Id, Message> unused =
            messages(handle, MARK_DELIVERED, parts.stream().flatMap(List::stream).toList());
      };

  private static final Statements.AtEnd<List<Closed>> MARKS_PROCESSED =
      (handle, parts) -> markProcessed(handle, parts.stream().flatMap(List::stream).toList());

  private final Statements statements;
  private final Handle handle;

  /** Works in the transaction of the handle. */
  MessageDelivery(Statements statements, Handle handle) {
    this.statements = statements;
    this.handle = handle;
  }

  private record Closed(
      Message.Id message, Instant processedAt, Instant deliveredAt, long attempts) {

    static Closed read(ResultSet row, StatementContext context) throws SQLException {
      return new Closed(
          id(row),
          SqlTime.get(row, "processed_at"),
          SqlTime.get(row, "delivered_at"),
          row.getLong("delivery_attempts"));
    }
  }

  static Message.Id id(ResultSet row) throws SQLException {
    return new Message.Id(row.getObject("message_id", UUID.class), SqlTime.get(row, "sent_at"));
  }

  List<Delivery> receive(AgentId agent, int limit, Duration lease) {
    List<Taken> taken =
        new DeliveryLease(handle, agent, lease).take(limit, statements.isPartOfUnit());
    if (taken.isEmpty()) {
      return List.of();
    }
    Map<Message.Id, Message> messages;
    if (statements.isPartOfUnit()) {
      messages = messages(handle, GIVEN + MESSAGES, taken);
      statements.atEnd(handle, MARKS_DELIVERED, taken);
    } else {
      messages = messages(handle, MARK_DELIVERED, taken);
    }
    // A message without a row is of a partition that was dropped meanwhile.
    return taken.stream()
        .flatMap(
            one ->
                Optional.ofNullable(messages.get(one.message()))
                    .map(message -> one.of(agent, message))
                    .stream())
        .toList();
  }

  private static Map<Message.Id, Message> messages(Handle handle, String sql, List<Taken> taken) {
    List<Message.Id> ids = taken.stream().map(Taken::message).toList();
    Map<Message.Id, Message> messages = new HashMap<>();
    handle
        .createQuery(sql)
        .bind("ids", uuids(ids))
        .bind("times", times(ids))
        .bind("attempts", SqlArray.bigint(taken.stream().map(one -> (long) one.attempt()).toList()))
        .bind(
            "delivered",
            SqlArray.text(taken.stream().map(one -> SqlTime.text(one.deliveredAt())).toList()))
        .bind("from", SqlTime.text(first(ids)))
        .bind("to", SqlTime.text(last(ids)))
        .map(MessageRow::read)
        .forEach(message -> messages.put(message.id(), message));
    return messages;
  }

  int acknowledge(Collection<Delivery> deliveries) {
    List<Closed> closed =
        handle
            .createQuery(CLOSE)
            .bind("numbers", SqlArray.bigint(deliveries.stream().map(Delivery::number).toList()))
            .bind(
                "attempts",
                SqlArray.bigint(deliveries.stream().map(one -> (long) one.attempt()).toList()))
            .map(Closed::read)
            .list();
    if (!closed.isEmpty()) {
      statements.atEnd(handle, MARKS_PROCESSED, closed);
    }
    return closed.size();
  }

  private static void markProcessed(Handle handle, List<Closed> closed) {
    List<Message.Id> ids = closed.stream().map(Closed::message).toList();
    int unused =
        handle
            .createUpdate(MARK_PROCESSED)
            .bind("ids", uuids(ids))
            .bind("times", times(ids))
            .bind(
                "processed",
                SqlArray.text(closed.stream().map(one -> SqlTime.text(one.processedAt())).toList()))
            .bind(
                "delivered",
                SqlArray.text(closed.stream().map(one -> SqlTime.text(one.deliveredAt())).toList()))
            .bind("attempts", SqlArray.bigint(closed.stream().map(Closed::attempts).toList()))
            .bind("from", SqlTime.text(first(ids)))
            .bind("to", SqlTime.text(last(ids)))
            .execute();
  }

  static SqlArray uuids(List<Message.Id> ids) {
    return SqlArray.text(ids.stream().map(id -> id.uuid().toString()).toList());
  }

  static SqlArray times(List<Message.Id> ids) {
    return SqlArray.text(ids.stream().map(id -> SqlTime.text(id.sentAt())).toList());
  }

  static Instant first(List<Message.Id> ids) {
    return ids.stream().map(Message.Id::sentAt).min(Comparator.naturalOrder()).orElseThrow();
  }

  static Instant last(List<Message.Id> ids) {
    return ids.stream().map(Message.Id::sentAt).max(Comparator.naturalOrder()).orElseThrow();
  }
}
