package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Delivery;
import io.mistersmith.persistence.message.Delivery.Receipt;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.MessageQuery;
import io.mistersmith.persistence.message.Subscription;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.MessageStore;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** The tables of the schema {@code messages}. */
final class PostgresMessageStore implements MessageStore {

  /** The deletion of several agents at once can deadlock with their receivers, and may win. */
  private static final int ATTEMPTS = 3;

  private static final String RECEIPTS =
      """
      SELECT coalesce(d.taken_by, d.agent_id) AS agent_id, d.delivery_attempts, d.delivered_at,
             d.processed_at
        FROM messages.deliveries AS d
       WHERE d.message_id = :id AND d.sent_at = :sent::timestamptz
       ORDER BY d.delivery_id
      """;

  /**
   * Waits for nobody, so that it cannot deadlock with those that hold a delivery and want its
   * message: a message of which somebody holds a delivery stays until the next time.
   */
  private static final String PRUNE =
      """
      WITH old AS MATERIALIZED (
        SELECT message_id, sent_at
          FROM messages.log
         WHERE sent_at < now() - :age * INTERVAL '1 microsecond'
         LIMIT :limit
           FOR UPDATE SKIP LOCKED
      ),
      theirs AS MATERIALIZED (
        SELECT d.delivery_id, d.message_id, d.sent_at
          FROM old AS o
          JOIN messages.deliveries AS d USING (message_id, sent_at)
      ),
      free AS MATERIALIZED (
        SELECT delivery_id
          FROM messages.deliveries
         WHERE delivery_id IN (SELECT delivery_id FROM theirs)
           FOR UPDATE SKIP LOCKED
      ),
      busy AS MATERIALIZED (
        SELECT t.message_id, t.sent_at
          FROM theirs AS t
         WHERE NOT EXISTS (SELECT FROM free AS f WHERE f.delivery_id = t.delivery_id)
      ),
      pruned AS (
        DELETE FROM messages.log AS l
         USING old AS o
         WHERE l.message_id = o.message_id AND l.sent_at = o.sent_at
           AND l.sent_at < now() - :age * INTERVAL '1 microsecond'
           AND NOT EXISTS (
             SELECT FROM busy AS b WHERE b.message_id = o.message_id AND b.sent_at = o.sent_at
           )
        RETURNING l.message_id, l.sent_at
      ),
      deliveries AS (
        DELETE FROM messages.deliveries AS d
         USING theirs AS t, pruned AS p
         WHERE d.delivery_id = t.delivery_id
           AND t.message_id = p.message_id AND t.sent_at = p.sent_at
      )
      SELECT count(*) FROM pruned
      """;

  private static final String SWEEP_EXPIRED =
      """
      DELETE FROM messages.deliveries
       WHERE delivery_id IN (
         SELECT delivery_id
           FROM messages.deliveries
          WHERE processed_at IS NULL AND expires_at <= now()
            AND (leased_until IS NULL OR leased_until <= now())
          ORDER BY expires_at
          LIMIT :limit
            FOR UPDATE SKIP LOCKED
       )
      """;

  /** Those of dropped partitions: the log keeps what is younger than its retention. */
  private static final String SWEEP_GONE =
      """
      DELETE FROM messages.deliveries
       WHERE delivery_id IN (
         SELECT d.delivery_id
           FROM messages.deliveries AS d
          WHERE d.sent_at < (
                  SELECT now() - s.retain
                    FROM partitions.settings AS s
                   WHERE s.parent_schema = 'messages' AND s.parent_table = 'log'
                )
            AND NOT EXISTS (
              SELECT FROM messages.log AS l
               WHERE l.message_id = d.message_id AND l.sent_at = d.sent_at
              OFFSET 0
            )
          LIMIT :limit
            FOR UPDATE SKIP LOCKED
       )
      """;

  private final Statements statements;

  PostgresMessageStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public List<Message.Id> append(List<NewMessage> messages) {
    return messages.isEmpty()
        ? List.of()
        : statements.write(
            "append " + messages.size() + " messages",
            handle -> MessageInsert.run(handle, messages));
  }

  @Override
  public List<Delivery> receive(AgentId agent, int limit, Duration lease) {
    return statements.transaction(
        SqlOptions.of("receive messages of agent " + agent).withAttempts(ATTEMPTS),
        handle -> new MessageDelivery(statements, handle).receive(agent, limit, lease));
  }

  @Override
  public int acknowledge(Collection<Delivery> deliveries) {
    return deliveries.isEmpty()
        ? 0
        : statements.transaction(
            SqlOptions.of("acknowledge " + deliveries.size() + " messages").withAttempts(ATTEMPTS),
            handle -> new MessageDelivery(statements, handle).acknowledge(deliveries));
  }

  @Override
  public Optional<Message> find(Message.Id id) {
    return statements.read(
        "read message " + id.uuid(), handle -> MessageSearch.find(handle, id).stream().findFirst());
  }

  @Override
  public List<Message> find(MessageQuery query) {
    return statements.read("find messages", handle -> MessageSearch.run(handle, query));
  }

  @Override
  public List<Receipt> receipts(Message.Id id) {
    return statements.read(
        "list the recipients of message " + id.uuid(),
        handle ->
            handle
                .createQuery(RECEIPTS)
                .bind("id", id.uuid())
                .bind("sent", SqlTime.text(id.sentAt()))
                .map(
                    (row, context) ->
                        new Receipt(
                            MessageRow.agent(row, "agent_id"),
                            row.getInt("delivery_attempts"),
                            SqlTime.optional(row, "delivered_at"),
                            SqlTime.optional(row, "processed_at")))
                .list());
  }

  @Override
  public int prune(Duration age, int limit) {
    return statements.write(
        "delete messages older than " + age,
        handle ->
            handle
                .createQuery(PRUNE)
                .bind("age", age.toNanos() / 1_000)
                .bind("limit", limit)
                .mapTo(Integer.class)
                .one());
  }

  @Override
  public int sweepDeliveries(int limit) {
    return statements.write(
        "remove deliveries that nobody can receive",
        handle ->
            handle.createUpdate(SWEEP_EXPIRED).bind("limit", limit).execute()
                + handle.createUpdate(SWEEP_GONE).bind("limit", limit).execute());
  }

  @Override
  public void saveChannel(Channel channel) {
    boolean unused =
        statements.write(
            "save channel " + channel.name(), handle -> ChannelRow.save(handle, channel));
  }

  @Override
  public Optional<Channel> channel(String name) {
    return statements.read("read channel " + name, handle -> ChannelRow.find(handle, name));
  }

  @Override
  public List<Channel> channels() {
    return statements.read("list channels", ChannelRow::list);
  }

  @Override
  public boolean deleteChannel(String name) {
    return statements.write("delete channel " + name, handle -> ChannelRow.delete(handle, name));
  }

  @Override
  public void subscribe(Subscription subscription) {
    boolean unused =
        statements.write(
            "subscribe agent " + subscription.agent() + " to channel " + subscription.channel(),
            handle -> ChannelRow.subscribe(handle, subscription));
  }

  @Override
  public boolean unsubscribe(Subscription subscription) {
    return statements.write(
        "unsubscribe agent " + subscription.agent() + " from channel " + subscription.channel(),
        handle -> ChannelRow.unsubscribe(handle, subscription));
  }

  @Override
  public List<Subscription> subscriptions(String channel) {
    return statements.read(
        "list the subscriptions to channel " + channel,
        handle -> ChannelRow.subscriptions(handle, channel));
  }
}
