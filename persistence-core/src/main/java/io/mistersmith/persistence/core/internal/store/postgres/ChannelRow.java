package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.message.Channel;
import io.mistersmith.persistence.message.Subscription;
import io.mistersmith.persistence.model.AgentId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Reads and writes {@code messages.channels} and {@code messages.subscriptions}. Their unique keys
 * are named, since with the set tenants they begin with the tenant.
 */
final class ChannelRow {

  private static final String SAVE =
      """
      INSERT INTO messages.channels AS c
             (channel_name, channel_type, description, configuration, is_active)
      VALUES (:name, :kind, :description, :configuration::jsonb, :active)
          ON CONFLICT ON CONSTRAINT channels_channel_name_key DO UPDATE
         SET description = excluded.description, configuration = excluded.configuration,
             is_active = excluded.is_active
       WHERE c.channel_type = excluded.channel_type
      """;

  private static final String LIST =
      """
      SELECT channel_name, channel_type, description, configuration, is_active
        FROM messages.channels
       WHERE CAST(:name AS text) IS NULL OR channel_name = :name
       ORDER BY channel_name COLLATE "C"
      """;

  private static final String DELETE = "DELETE FROM messages.channels WHERE channel_name = :name";

  private static final String SUBSCRIBE =
      """
      INSERT INTO messages.subscriptions (agent_id, channel_id, message_pattern, filters, is_active)
      SELECT :agent, c.channel_id, :pattern, :filters::jsonb, :active
        FROM messages.channels AS c
       WHERE c.channel_name = :channel
          ON CONFLICT ON CONSTRAINT subscriptions_agent_id_channel_id_message_pattern_key DO UPDATE
         SET filters = excluded.filters, is_active = excluded.is_active
      """;

  private static final String UNSUBSCRIBE =
      """
      DELETE FROM messages.subscriptions AS s
       USING messages.channels AS c
       WHERE c.channel_name = :channel AND s.channel_id = c.channel_id AND s.agent_id = :agent
         AND s.message_pattern IS NOT DISTINCT FROM :pattern
      """;

  private static final String SUBSCRIPTIONS =
      """
      SELECT s.agent_id, s.message_pattern, s.filters, s.is_active
        FROM messages.subscriptions AS s
        JOIN messages.channels AS c USING (channel_id)
       WHERE c.channel_name = :channel
       ORDER BY s.created_at, s.subscription_id
      """;

  private ChannelRow() {}

  static boolean save(Handle handle, Channel channel) {
    boolean saved =
        handle
                .createUpdate(SAVE)
                .bind("name", channel.name())
                .bind("kind", MessageRow.column(channel.kind()))
                .bind("description", channel.description().orElse(null))
                .bind(
                    "configuration",
                    MessageRow.json(
                        "channel " + channel.name() + ": its configuration",
                        channel.configuration()))
                .bind("active", channel.active())
                .execute()
            == 1;
    if (!saved) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY,
          "channel "
              + channel.name()
              + ": there is one of another kind than "
              + channel.kind()
              + "; delete it first, or choose another name");
    }
    return true;
  }

  static Optional<Channel> find(Handle handle, String name) {
    return handle.createQuery(LIST).bind("name", name).map(ChannelRow::read).findOne();
  }

  static List<Channel> list(Handle handle) {
    return handle.createQuery(LIST).bind("name", (String) null).map(ChannelRow::read).list();
  }

  static boolean delete(Handle handle, String name) {
    return handle.createUpdate(DELETE).bind("name", name).execute() == 1;
  }

  static boolean subscribe(Handle handle, Subscription subscription) {
    int written =
        handle
            .createUpdate(SUBSCRIBE)
            .bind("agent", subscription.agent().uuid())
            .bind("channel", subscription.channel())
            .bind("pattern", subscription.pattern().orElse(null))
            .bind("filters", MessageRow.json("filters", subscription.filters()))
            .bind("active", subscription.active())
            .execute();
    if (written == 0) {
      throw MessageInsert.missing(subscription.channel());
    }
    return true;
  }

  static boolean unsubscribe(Handle handle, Subscription subscription) {
    return handle
            .createUpdate(UNSUBSCRIBE)
            .bind("agent", subscription.agent().uuid())
            .bind("channel", subscription.channel())
            .bind("pattern", subscription.pattern().orElse(null))
            .execute()
        == 1;
  }

  static List<Subscription> subscriptions(Handle handle, String channel) {
    return handle
        .createQuery(SUBSCRIPTIONS)
        .bind("channel", channel)
        .map((row, context) -> subscription(row, channel))
        .filter(Optional::isPresent)
        .map(Optional::get)
        .list();
  }

  /** Returns empty for a row of another writer whose pattern is none. */
  private static Optional<Subscription> subscription(ResultSet row, String channel)
      throws SQLException {
    try {
      return Optional.of(
          new Subscription(
              AgentId.of(row.getObject("agent_id", UUID.class)),
              channel,
              Optional.ofNullable(row.getString("message_pattern")),
              MessageRow.texts("the filters of a subscription", row.getString("filters")),
              row.getBoolean("is_active")));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  static Channel read(ResultSet row, StatementContext context) throws SQLException {
    String name = row.getString("channel_name");
    return new Channel(
        name,
        Channel.Kind.valueOf(row.getString("channel_type").toUpperCase(Locale.ROOT)),
        Optional.ofNullable(row.getString("description")),
        MessageRow.map("the settings of channel " + name, row.getString("configuration")),
        row.getBoolean("is_active"));
  }
}
