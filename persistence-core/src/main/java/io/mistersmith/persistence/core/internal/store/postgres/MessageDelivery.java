package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.Message.Marks;
import io.mistersmith.persistence.model.AgentId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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
 * Leases rows of {@code messages.deliveries} to agents and closes them; then marks the messages in
 * {@code messages.log}. Two statements each, so that the second one names the times of its
 * messages: the server then leaves out all other partitions before it plans.
 *
 * <p>Rows of the log are locked in the order of their ids, after those of the deliveries, so that
 * calls for several recipients of the same messages cannot deadlock. The deletion of an agent can,
 * with its own receivers.
 */
final class MessageDelivery {

  /**
   * Rows that other transactions hold are passed over. From both sources up to the limit are
   * locked, and the best of all are taken; the others are free again when the transaction ends.
   */
  private static final String TAKE =
      """
      WITH own AS MATERIALIZED (
        SELECT d.delivery_id, d.priority
          FROM messages.deliveries AS d
         WHERE d.agent_id = :agent AND d.processed_at IS NULL
           AND (d.leased_until IS NULL OR d.leased_until <= clock_timestamp())
           AND (d.expires_at IS NULL OR d.expires_at > clock_timestamp())
         ORDER BY d.priority DESC, d.delivery_id
         LIMIT :limit
           FOR UPDATE SKIP LOCKED
      ),
      queued AS MATERIALIZED (
        SELECT q.delivery_id, q.priority
          FROM messages.channels AS c
         CROSS JOIN LATERAL (
           SELECT d.delivery_id, d.priority
             FROM messages.deliveries AS d
            WHERE d.channel_id = c.channel_id AND d.processed_at IS NULL
              AND (d.leased_until IS NULL OR d.leased_until <= clock_timestamp())
              AND (d.expires_at IS NULL OR d.expires_at > clock_timestamp())
              AND EXISTS (
                SELECT FROM messages.subscriptions AS s
                 WHERE s.agent_id = :agent AND s.channel_id = d.channel_id AND s.is_active
                   AND messages.subject_matches(s.message_pattern, d.subject)
                   AND d.headers @> s.filters
                OFFSET 0
              )
            ORDER BY d.priority DESC, d.delivery_id
            LIMIT :limit
              FOR UPDATE OF d SKIP LOCKED
         ) AS q
         WHERE c.channel_type = 'queue' AND c.is_active
           AND c.channel_id IN (
             SELECT channel_id FROM messages.subscriptions WHERE agent_id = :agent AND is_active
           )
      )
      UPDATE messages.deliveries AS d
         SET delivery_attempts = d.delivery_attempts + 1, taken_by = :agent,
             delivered_at = coalesce(d.delivered_at, clock_timestamp()),
             leased_until = clock_timestamp() + :lease * INTERVAL '1 microsecond'
        FROM (
          SELECT delivery_id FROM (TABLE own UNION ALL TABLE queued) AS both_of_them
           ORDER BY priority DESC, delivery_id
           LIMIT :limit
        ) AS t
       WHERE d.delivery_id = t.delivery_id
      RETURNING d.delivery_id, d.message_id, d.sent_at, d.priority, d.delivery_attempts,
                d.delivered_at, d.leased_until
      """;

  /**
   * Does not wait for a message that another transaction holds, which may be one that works for
   * long on its own delivery: the acknowledgement or the next delivery makes up for the marks.
   */
  private static final String MARK_DELIVERED =
      """
      WITH taken AS (
        SELECT t.id::uuid AS message_id, t.at::timestamptz AS sent_at, t.attempts::integer,
               t.delivered::timestamptz AS delivered_at
          FROM unnest(:ids, :times, :attempts, :delivered) AS t (id, at, attempts, delivered)
      ),
      stale AS MATERIALIZED (
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
      SELECT
      """
          + MessageRow.COLUMNS
          + """
            FROM taken AS t
            JOIN messages.log AS l USING (message_id, sent_at)
            LEFT JOIN messages.channels AS c ON c.channel_id = l.channel_id
           WHERE l.sent_at BETWEEN :from::timestamptz AND :to::timestamptz
          """;

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

  private MessageDelivery() {}

  private record Taken(
      long number,
      Message.Id message,
      int priority,
      int attempt,
      Instant deliveredAt,
      Instant leasedUntil) {

    static final Comparator<Taken> ORDER =
        Comparator.comparing(Taken::priority).reversed().thenComparing(Taken::number);

    static Taken read(ResultSet row, StatementContext context) throws SQLException {
      return new Taken(
          row.getLong("delivery_id"),
          id(row),
          row.getInt("priority"),
          row.getInt("delivery_attempts"),
          SqlTime.get(row, "delivered_at"),
          SqlTime.get(row, "leased_until"));
    }

    /** The message as the statement before the marks saw it, with the marks that it has now. */
    Delivery of(AgentId agent, Message message) {
      Marks before = message.marks();
      Marks after =
          new Marks(
              before.deliveredAt().or(() -> Optional.of(deliveredAt)),
              before.processedAt(),
              Math.max(before.attempts(), attempt));
      return new Delivery(
          number,
          agent,
          new Message(
              message.id(), message.envelope(), message.payload(), message.expiresAt(), after),
          attempt,
          leasedUntil);
    }
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

  static List<Delivery> receive(Handle handle, AgentId agent, int limit, Duration lease) {
    List<Taken> taken =
        new ArrayList<>(
            handle
                .createQuery(TAKE)
                .bind("agent", agent.uuid())
                .bind("limit", limit)
                .bind("lease", lease.toNanos() / 1_000)
                .map(Taken::read)
                .list());
    if (taken.isEmpty()) {
      return List.of();
    }
    taken.sort(Taken.ORDER);
    Map<Message.Id, Message> messages = markDelivered(handle, taken);
    // A message without a row is of a partition that was dropped meanwhile.
    return taken.stream()
        .flatMap(
            one ->
                Optional.ofNullable(messages.get(one.message()))
                    .map(message -> one.of(agent, message))
                    .stream())
        .toList();
  }

  private static Map<Message.Id, Message> markDelivered(Handle handle, List<Taken> taken) {
    List<Message.Id> ids = taken.stream().map(Taken::message).toList();
    Map<Message.Id, Message> messages = new HashMap<>();
    handle
        .createQuery(MARK_DELIVERED)
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

  static int acknowledge(Handle handle, Collection<Delivery> deliveries) {
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
      List<Message.Id> ids = closed.stream().map(Closed::message).toList();
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
    return closed.size();
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
