package io.mistersmith.persistence.core.internal.store.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.message.Message;
import io.mistersmith.persistence.message.Message.Envelope;
import io.mistersmith.persistence.message.Message.Marks;
import io.mistersmith.persistence.model.AgentId;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;

/** Messages as rows of {@code messages.log}, joined with their channel: types in lower case. */
final class MessageRow {

  /** The columns that {@link #read} needs, of the aliases {@code l} and {@code c}. */
  static final String COLUMNS =
      """
      l.message_id, l.sent_at, l.message_type, l.from_agent_id, l.to_agent_id, l.broadcast_to_type,
      c.channel_name, l.subject, l.payload, l.headers, l.correlation_id, l.reply_to, l.priority,
      l.expires_at, l.delivered_at, l.processed_at, l.delivery_attempts
      """;

  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final TypeReference<HashMap<String, Object>> OBJECT = new TypeReference<>() {};

  private MessageRow() {}

  static Message read(ResultSet row, StatementContext context) throws SQLException {
    return new Message(
        new Message.Id(row.getObject("message_id", UUID.class), SqlTime.get(row, "sent_at")),
        new Envelope(
            Message.Type.valueOf(row.getString("message_type").toUpperCase(Locale.ROOT)),
            agent(row, "from_agent_id"),
            agent(row, "to_agent_id"),
            Optional.ofNullable(row.getString("broadcast_to_type")),
            Optional.ofNullable(row.getString("channel_name")),
            Optional.ofNullable(row.getString("subject")),
            headers(row),
            Optional.ofNullable(row.getObject("correlation_id", UUID.class)),
            Optional.ofNullable(row.getString("reply_to")),
            row.getInt("priority")),
        new String(JsonbText.withoutBlanks(row.getString("payload")), StandardCharsets.UTF_8),
        SqlTime.optional(row, "expires_at"),
        new Marks(
            SqlTime.optional(row, "delivered_at"),
            SqlTime.optional(row, "processed_at"),
            row.getInt("delivery_attempts")));
  }

  static Optional<AgentId> agent(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getObject(column, UUID.class)).map(AgentId::of);
  }

  private static Map<String, String> headers(ResultSet row) throws SQLException {
    return texts("the headers of message " + row.getString("message_id"), row.getString("headers"));
  }

  /**
   * Returns a JSON object; members that are null count as absent. What is no object, which other
   * writers may leave, counts as an empty one: else it would be in the way of all other rows.
   */
  static Map<String, Object> map(String what, String json) {
    try {
      JsonNode tree = JSON.readTree(json);
      Map<String, Object> map = tree.isObject() ? JSON.convertValue(tree, OBJECT) : new HashMap<>();
      map.values().removeIf(Objects::isNull);
      return map;
    } catch (JsonProcessingException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR, what + " cannot be read as JSON", e);
    }
  }

  /** Members that are no texts, which other writers may leave, are given as JSON. */
  static Map<String, String> texts(String what, String json) {
    Map<String, String> texts = new HashMap<>();
    map(what, json).forEach((name, value) -> texts.put(name, text(value)));
    return texts;
  }

  private static String text(Object value) {
    return value instanceof String text ? text : json("a header", value);
  }

  static String json(String what, Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR, what + " cannot be written as JSON", e);
    }
  }

  static String column(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
