package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Leases rows of {@code messages.deliveries} to agents, closes them, and keeps the marks of {@code
 * messages.log}. Rows of the log are locked in the order of their keys, so that calls which deliver
 * one message to several agents cannot deadlock.
 */
final class MessageDelivery {

  /**
   * Rows that other transactions hold are passed over. In a queue the subscriptions decide now; the
   * log is only asked where no subscription takes everything. OFFSET 0 has the server look up each
   * message by its key, rather than read the whole log.
   */
  private static final String RECEIVE =
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
      shared AS MATERIALIZED (
        SELECT q.delivery_id, q.priority
          FROM (
            SELECT s.channel_id,
                   bool_or(s.message_pattern IS NULL AND s.filters = '{}') AS takes_all
              FROM messages.subscriptions AS s
              JOIN messages.channels AS c USING (channel_id)
             WHERE s.agent_id = :agent AND s.is_active AND c.is_active
               AND c.channel_type = 'queue'
             GROUP BY s.channel_id
          ) AS k
         CROSS JOIN LATERAL (
           SELECT d.delivery_id, d.priority
             FROM messages.deliveries AS d
            WHERE d.channel_id = k.channel_id AND d.processed_at IS NULL
              AND (d.leased_until IS NULL OR d.leased_until <= clock_timestamp())
              AND (d.expires_at IS NULL OR d.expires_at > clock_timestamp())
              AND (
                k.takes_all
                OR EXISTS (
                  SELECT FROM messages.log AS l
                   WHERE l.message_id = d.message_id AND l.sent_at = d.sent_at
                     AND EXISTS (
                       SELECT FROM messages.subscriptions AS s
                        WHERE s.agent_id = :agent AND s.channel_id = d.channel_id AND s.is_active
                          AND messages.subject_matches(s.message_pattern, l.subject)
                          AND l.headers @> s.filters
                     )
                  OFFSET 0
                )
              )
            ORDER BY d.priority DESC, d.delivery_id
            LIMIT :limit
              FOR UPDATE OF d SKIP LOCKED
         ) AS q
      ),
      taken AS (
        UPDATE messages.deliveries AS d
           SET delivery_attempts = d.delivery_attempts + 1, taken_by = :agent,
               delivered_at = coalesce(d.delivered_at, clock_timestamp()),
               leased_until = clock_timestamp() + :lease * INTERVAL '1 microsecond'
          FROM (
            SELECT delivery_id FROM (TABLE own UNION ALL TABLE shared) AS all_of_them
             ORDER BY priority DESC, delivery_id
             LIMIT :limit
          ) AS t
         WHERE d.delivery_id = t.delivery_id
        RETURNING d.delivery_id, d.message_id, d.sent_at, d.taken_by, d.priority,
                  d.delivery_attempts AS attempt, d.delivered_at AS taken_at, d.leased_until
      ),
      stale AS MATERIALIZED (
        SELECT l.message_id, l.sent_at, t.attempt, t.taken_at
          FROM taken AS t
          JOIN messages.log AS l ON l.message_id = t.message_id AND l.sent_at = t.sent_at
         WHERE l.delivered_at IS NULL OR l.delivery_attempts < t.attempt
         ORDER BY l.message_id
           FOR NO KEY UPDATE OF l
      ),
      marked AS (
        UPDATE messages.log AS l
           SET delivered_at = coalesce(l.delivered_at, s.taken_at),
               delivery_attempts = greatest(l.delivery_attempts, s.attempt)
          FROM stale AS s
         WHERE l.message_id = s.message_id AND l.sent_at = s.sent_at
      )
      SELECT t.delivery_id, t.taken_by, t.attempt, t.leased_until,
             l.message_id, l.sent_at, l.message_type, l.from_agent_id, l.to_agent_id,
             l.broadcast_to_type, c.channel_name, l.subject, l.payload, l.headers,
             l.correlation_id, l.reply_to, l.priority, l.expires_at,
             coalesce(l.delivered_at, t.taken_at) AS delivered_at, l.processed_at,
             greatest(l.delivery_attempts, t.attempt) AS delivery_attempts
        FROM taken AS t
        JOIN messages.log AS l ON l.message_id = t.message_id AND l.sent_at = t.sent_at
        LEFT JOIN messages.channels AS c ON c.channel_id = l.channel_id
       ORDER BY t.priority DESC, t.delivery_id
      """;

  private static final String ACKNOWLEDGE =
      """
      WITH open AS MATERIALIZED (
        SELECT d.delivery_id
          FROM unnest(:numbers, :attempts) AS g (delivery_id, attempt)
          JOIN messages.deliveries AS d USING (delivery_id)
         WHERE d.delivery_attempts = g.attempt AND d.processed_at IS NULL
         ORDER BY d.delivery_id
           FOR UPDATE OF d
      ),
      done AS (
        UPDATE messages.deliveries AS d
           SET processed_at = clock_timestamp(), leased_until = NULL
          FROM open AS o
         WHERE d.delivery_id = o.delivery_id
        RETURNING d.message_id, d.sent_at, d.processed_at
      ),
      counted AS (
        SELECT message_id, sent_at, count(*)::integer AS deliveries, max(processed_at) AS last
          FROM done
         GROUP BY message_id, sent_at
      ),
      held AS MATERIALIZED (
        SELECT l.message_id, l.sent_at, k.deliveries, k.last
          FROM counted AS k
          JOIN messages.log AS l ON l.message_id = k.message_id AND l.sent_at = k.sent_at
         ORDER BY l.message_id
           FOR NO KEY UPDATE OF l
      ),
      marked AS (
        UPDATE messages.log AS l
           SET pending_deliveries = greatest(l.pending_deliveries - h.deliveries, 0),
               processed_at = CASE WHEN l.pending_deliveries <= h.deliveries THEN h.last END
          FROM held AS h
         WHERE l.message_id = h.message_id AND l.sent_at = h.sent_at
      )
      SELECT count(*) FROM done
      """;

  private MessageDelivery() {}

  static List<Delivery> receive(Handle handle, AgentId agent, int limit, Duration lease) {
    return handle
        .createQuery(RECEIVE)
        .bind("agent", agent.uuid())
        .bind("limit", limit)
        .bind("lease", lease.toNanos() / 1_000)
        .map(MessageRow::delivery)
        .list();
  }

  static int acknowledge(Handle handle, Collection<Delivery> deliveries) {
    return handle
        .createQuery(ACKNOWLEDGE)
        .bind("numbers", SqlArray.bigint(deliveries.stream().map(Delivery::number).toList()))
        .bind(
            "attempts",
            SqlArray.bigint(
                deliveries.stream().map(delivery -> (long) delivery.attempt()).toList()))
        .mapTo(Integer.class)
        .one();
  }
}
