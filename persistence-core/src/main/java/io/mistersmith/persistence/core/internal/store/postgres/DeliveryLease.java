package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.Message.Marks;
import io.mistersmith.persistence.model.AgentId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.StatementContext;

/** Leases rows of {@code messages.deliveries} to an agent. */
final class DeliveryLease {

  private static final String LEASE =
      """
      UPDATE messages.deliveries AS d
         SET delivery_attempts = d.delivery_attempts + 1, taken_by = :agent,
             delivered_at = coalesce(d.delivered_at, clock_timestamp()),
             leased_until = clock_timestamp() + :lease * INTERVAL '1 microsecond'
      """;

  private static final String TAKEN =
      """
      RETURNING d.delivery_id, d.message_id, d.sent_at, d.priority, d.delivery_attempts,
                d.delivered_at, d.leased_until
      """;

  /**
   * Rows that other transactions hold are passed over. From both sources up to the limit are
   * locked, and the best of all are taken; the others stay locked until the transaction ends.
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
      """
          + LEASE
          + """
            FROM (
              SELECT delivery_id FROM (TABLE own UNION ALL TABLE queued) AS both_of_them
               ORDER BY priority DESC, delivery_id
               LIMIT :limit
            ) AS t
           WHERE d.delivery_id = t.delivery_id
          """
          + TAKEN
          + ", (SELECT count(*) FROM own) + (SELECT count(*) FROM queued) AS locked";

  /** Takes these again, after what was locked is free, unless another transaction came between. */
  private static final String TAKE_AGAIN =
      LEASE
          + """
            FROM (
              SELECT d.delivery_id
                FROM unnest(:numbers) AS n (delivery_id)
                JOIN messages.deliveries AS d USING (delivery_id)
               WHERE d.processed_at IS NULL
                 AND (d.leased_until IS NULL OR d.leased_until <= clock_timestamp())
                 AND (d.expires_at IS NULL OR d.expires_at > clock_timestamp())
                 FOR UPDATE OF d SKIP LOCKED
            ) AS t
           WHERE d.delivery_id = t.delivery_id
          """
          + TAKEN
          + ", 0 AS locked";

  private static final String SAVEPOINT = "messages_taken";

  private final Handle handle;
  private final AgentId agent;
  private final Duration lease;

  /** Works in the transaction of the handle. */
  DeliveryLease(Handle handle, AgentId agent, Duration lease) {
    this.handle = handle;
    this.agent = agent;
    this.lease = lease;
  }

  /** A row that was leased. */
  record Taken(
      long number,
      Message.Id message,
      int priority,
      int attempt,
      Instant deliveredAt,
      Instant leasedUntil,
      int locked) {

    static final Comparator<Taken> ORDER =
        Comparator.comparing(Taken::priority).reversed().thenComparing(Taken::number);

    static Taken read(ResultSet row, StatementContext context) throws SQLException {
      return new Taken(
          row.getLong("delivery_id"),
          MessageDelivery.id(row),
          row.getInt("priority"),
          row.getInt("delivery_attempts"),
          SqlTime.get(row, "delivered_at"),
          SqlTime.get(row, "leased_until"),
          row.getInt("locked"));
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

  /**
   * Leases the best rows, in their order.
   *
   * @param lasts whether the transaction lasts, so that nothing else may stay locked
   */
  List<Taken> take(int limit, boolean lasts) {
    return lasts ? takeOrFree(limit) : take(limit);
  }

  private List<Taken> take(int limit) {
    return take(handle.createQuery(TAKE).bind("limit", limit));
  }

  private List<Taken> take(Query statement) {
    return statement
        .bind("agent", agent.uuid())
        .bind("lease", lease.toNanos() / 1_000)
        .map(Taken::read)
        .stream()
        .sorted(Taken.ORDER)
        .toList();
  }

  private List<Taken> takeOrFree(int limit) {
    Handle unused = handle.savepoint(SAVEPOINT);
    List<Taken> taken = take(limit);
    if (taken.isEmpty() || taken.get(0).locked() == taken.size()) {
      unused = handle.releaseSavepoint(SAVEPOINT);
      return taken;
    }
    handle.rollbackToSavepoint(SAVEPOINT);
    int unusedCount = handle.execute("RELEASE SAVEPOINT " + SAVEPOINT);
    SqlArray numbers = SqlArray.bigint(taken.stream().map(Taken::number).toList());
    return take(handle.createQuery(TAKE_AGAIN).bind("numbers", numbers));
  }
}
