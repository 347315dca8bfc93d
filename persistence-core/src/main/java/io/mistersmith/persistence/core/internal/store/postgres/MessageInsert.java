package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Draft;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.Message.Envelope;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.MessageStore.NewMessage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@code messages.log} and a row of {@code messages.deliveries} for each recipient, in one
 * statement. The times of messages without an id are a microsecond apart, so that pages keep their
 * order.
 *
 * <p>Recipients that the sender has not named are locked before their deliveries are written: those
 * that are being deleted drop out, where the foreign key would refuse all messages.
 */
final class MessageInsert {

  private static final String CHANNELS =
      """
      SELECT channel_id, channel_name, channel_type, description, configuration, is_active
        FROM messages.channels
       WHERE channel_name = ANY (:names)
      """;

  private static final String KNOWN =
      """
      SELECT l.message_id, l.sent_at
        FROM unnest(:ids, :times) AS g (id, at)
        JOIN messages.log AS l ON l.message_id = g.id::uuid AND l.sent_at = g.at::timestamptz
       WHERE l.sent_at BETWEEN :from::timestamptz AND :to::timestamptz
      """;

  private static final String APPEND =
      """
      WITH given AS MATERIALIZED (
        SELECT g.n, coalesce(g.id::uuid, gen_random_uuid()) AS message_id,
               coalesce(g.sent_at::timestamptz, c.now + (g.n - 1) * INTERVAL '1 microsecond')
                 AS sent_at,
               g.channel_id::uuid AS channel_id, g.kind, g.from_agent::uuid AS from_agent_id,
               g.to_agent::uuid AS to_agent_id, g.to_type, g.type::messages.message_type AS type,
               g.subject, g.payload::jsonb AS payload, g.headers::jsonb AS headers,
               g.correlation::uuid AS correlation_id, g.reply_to, g.priority::integer AS priority,
               c.now + g.live_micros * INTERVAL '1 microsecond' AS expires_at
          FROM unnest(:ids, :times, :channels, :kinds, :from, :to, :toTypes, :types, :subjects,
                      :payloads, :headers, :correlations, :replies, :priorities, :live)
               WITH ORDINALITY
               AS g (id, sent_at, channel_id, kind, from_agent, to_agent, to_type, type, subject,
                     payload, headers, correlation, reply_to, priority, live_micros, n)
         CROSS JOIN (SELECT clock_timestamp() AS now) AS c
      ),
      selected AS MATERIALIZED (
        SELECT g.n, r.agent_id
          FROM given AS g
         CROSS JOIN LATERAL (
           SELECT a.agent_id::uuid FROM agents.registry AS a WHERE a.agent_type = g.to_type
           UNION
           SELECT s.agent_id::uuid
             FROM messages.subscriptions AS s
            WHERE s.channel_id = g.channel_id AND s.is_active
              AND (g.kind = 'topic' OR (g.kind = 'broadcast' AND g.to_type IS NULL))
              AND messages.subject_matches(s.message_pattern, g.subject)
              AND g.headers @> s.filters
         ) AS r
      ),
      registered AS MATERIALIZED (
        SELECT a.agent_id::uuid AS agent_id
          FROM agents.registry AS a
         WHERE a.agent_id IN (SELECT agent_id FROM selected)
           FOR KEY SHARE
      ),
      recipients AS MATERIALIZED (
        SELECT g.n, g.to_agent_id AS agent_id, NULL::uuid AS channel_id
          FROM given AS g
         WHERE g.to_agent_id IS NOT NULL
        UNION
        SELECT s.n, s.agent_id, NULL FROM selected AS s JOIN registered USING (agent_id)
        UNION ALL
        SELECT g.n, NULL, g.channel_id FROM given AS g WHERE g.kind = 'queue'
      ),
      written AS (
        INSERT INTO messages.log
               (message_id, sent_at, channel_id, from_agent_id, to_agent_id, broadcast_to_type,
                message_type, subject, payload, headers, correlation_id, reply_to, priority,
                expires_at, pending_deliveries)
        SELECT g.message_id, g.sent_at, g.channel_id, g.from_agent_id, g.to_agent_id, g.to_type,
               g.type, g.subject, g.payload, g.headers, g.correlation_id, g.reply_to, g.priority,
               g.expires_at, (SELECT count(*) FROM recipients AS r WHERE r.n = g.n)
          FROM given AS g
         ORDER BY g.n
            ON CONFLICT (message_id, sent_at) DO NOTHING
        RETURNING message_id, sent_at
      ),
      delivered AS (
        INSERT INTO messages.deliveries
               (message_id, sent_at, agent_id, channel_id, subject, headers, priority, expires_at)
        SELECT g.message_id, g.sent_at, r.agent_id, r.channel_id,
               CASE WHEN g.kind = 'queue' THEN g.subject END,
               CASE WHEN g.kind = 'queue' THEN g.headers END, g.priority, g.expires_at
          FROM written AS w
          JOIN given AS g USING (message_id, sent_at)
          JOIN recipients AS r USING (n)
         ORDER BY g.n
      )
      SELECT message_id, sent_at FROM given ORDER BY n
      """;

  private MessageInsert() {}

  /** A channel and its id. */
  private record Found(UUID id, Channel channel) {}

  static List<Message.Id> run(Handle handle, List<NewMessage> messages) {
    List<NewMessage> once = without(known(handle, messages), messages);
    List<Message.Id> ids =
        once.isEmpty() ? List.of() : written(handle, channels(handle, once), once);
    return inOrder(messages, once, ids);
  }

  /**
   * Returns which messages through channels the log has already: their channels may be gone, or
   * take nothing any more.
   */
  private static Set<Message.Id> known(Handle handle, List<NewMessage> messages) {
    List<Message.Id> given =
        messages.stream()
            .map(NewMessage::draft)
            .filter(draft -> draft.envelope().channel().isPresent())
            .flatMap(draft -> draft.id().stream())
            .toList();
    if (given.isEmpty()) {
      return Set.of();
    }
    return new HashSet<>(
        handle
            .createQuery(KNOWN)
            .bind("ids", MessageDelivery.uuids(given))
            .bind("times", MessageDelivery.times(given))
            .bind("from", SqlTime.text(MessageDelivery.first(given)))
            .bind("to", SqlTime.text(MessageDelivery.last(given)))
            .map((row, context) -> MessageDelivery.id(row))
            .list());
  }

  /** Throws as {@link #missing} for a channel that was deleted since it was read. */
  private static List<Message.Id> written(
      Handle handle, Map<String, Found> channels, List<NewMessage> once) {
    try {
      return write(handle, channels, once);
    } catch (JdbiException e) {
      if (PostgresFailures.state(e).equals(PostgresFailures.FOREIGN_KEY)
          && PostgresFailures.constraint(e).contains("channel_id")) {
        throw missing(String.join(" or ", channels.keySet()));
      }
      throw e;
    }
  }

  private static List<Message.Id> write(
      Handle handle, Map<String, Found> channels, List<NewMessage> once) {
    return handle
        .createQuery(APPEND)
        .bind("ids", texts(once, draft -> draft.id().map(id -> id.uuid().toString())))
        .bind("times", texts(once, draft -> draft.id().map(id -> SqlTime.text(id.sentAt()))))
        .bind("channels", texts(once, draft -> found(channels, draft).map(f -> text(f.id()))))
        .bind("kinds", texts(once, draft -> found(channels, draft).map(MessageInsert::kind)))
        .bind("from", texts(once, draft -> draft.envelope().from().map(AgentId::toString)))
        .bind("to", texts(once, draft -> draft.envelope().to().map(AgentId::toString)))
        .bind("toTypes", texts(once, draft -> draft.envelope().toType()))
        .bind("types", texts(once, draft -> type(draft.envelope())))
        .bind("subjects", texts(once, draft -> draft.envelope().subject()))
        .bind("payloads", SqlArray.text(once.stream().map(NewMessage::payload).toList()))
        .bind("headers", texts(once, draft -> headers(draft.envelope())))
        .bind("correlations", texts(once, d -> d.envelope().correlation().map(UUID::toString)))
        .bind("replies", texts(once, draft -> draft.envelope().replyTo()))
        .bind("priorities", SqlArray.bigint(priorities(once)))
        .bind("live", SqlArray.bigint(microsToLive(once)))
        .map(
            (row, context) ->
                new Message.Id(
                    row.getObject("message_id", UUID.class), SqlTime.get(row, "sent_at")))
        .list();
  }

  private static Map<String, Found> channels(Handle handle, List<NewMessage> messages) {
    Set<String> names = new HashSet<>();
    messages.forEach(message -> message.draft().envelope().channel().ifPresent(names::add));
    Map<String, Found> found = new HashMap<>();
    if (names.isEmpty()) {
      return found;
    }
    handle
        .createQuery(CHANNELS)
        .bind("names", SqlArray.text(names))
        .map(
            (row, context) ->
                new Found(row.getObject("channel_id", UUID.class), ChannelRow.read(row, context)))
        .forEach(row -> found.put(row.channel().name(), row));
    for (NewMessage message : messages) {
      Envelope envelope = message.draft().envelope();
      envelope
          .channel()
          .ifPresent(
              name -> {
                Found one = found.get(name);
                if (one == null) {
                  throw missing(name);
                }
                one.channel().requireRoute(envelope);
              });
    }
    return found;
  }

  static NonTransientPersistenceException missing(String channel) {
    return new NonTransientPersistenceException(
        DataError.NOT_FOUND, "channel " + channel + ": there is none; save it first");
  }

  /** Returns the messages without those that are known, or whose id an earlier one has. */
  private static List<NewMessage> without(Set<Message.Id> known, List<NewMessage> messages) {
    Set<Message.Id> seen = new HashSet<>(known);
    return messages.stream()
        .filter(message -> message.draft().id().map(seen::add).orElse(true))
        .toList();
  }

  private static List<Message.Id> inOrder(
      List<NewMessage> messages, List<NewMessage> once, List<Message.Id> ids) {
    Queue<Message.Id> made = new ArrayDeque<>();
    for (int i = 0; i < ids.size(); i++) {
      if (once.get(i).draft().id().isEmpty()) {
        made.add(ids.get(i));
      }
    }
    return messages.stream().map(one -> one.draft().id().orElseGet(made::remove)).toList();
  }

  private static SqlArray texts(
      List<NewMessage> messages, Function<Draft, Optional<String>> column) {
    List<@Nullable String> texts = new ArrayList<>(messages.size());
    messages.forEach(message -> texts.add(column.apply(message.draft()).orElse(null)));
    return SqlArray.text(texts);
  }

  private static Optional<Found> found(Map<String, Found> channels, Draft draft) {
    return draft.envelope().channel().flatMap(name -> Optional.ofNullable(channels.get(name)));
  }

  private static String text(UUID id) {
    return id.toString();
  }

  private static String kind(Found found) {
    return MessageRow.column(found.channel().kind());
  }

  private static Optional<String> type(Envelope envelope) {
    return Optional.of(MessageRow.column(envelope.type()));
  }

  private static Optional<String> headers(Envelope envelope) {
    return Optional.of(MessageRow.json("headers", envelope.headers()));
  }

  private static List<Long> priorities(List<NewMessage> messages) {
    return messages.stream().map(message -> (long) message.draft().envelope().priority()).toList();
  }

  private static List<@Nullable Long> microsToLive(List<NewMessage> messages) {
    List<@Nullable Long> micros = new ArrayList<>(messages.size());
    messages.forEach(
        message ->
            micros.add(message.draft().timeToLive().map(MessageInsert::micros).orElse(null)));
    return micros;
  }

  private static long micros(Duration time) {
    return Math.addExact(
        Math.multiplyExact(time.getSeconds(), 1_000_000L), time.getNano() / 1_000L);
  }
}
