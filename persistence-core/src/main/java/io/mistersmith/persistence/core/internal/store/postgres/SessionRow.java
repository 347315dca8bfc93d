package io.mistersmith.persistence.core.internal.store.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.session.Session;
import io.mistersmith.persistence.spi.sql.SessionStore.Revoked;
import io.mistersmith.persistence.spi.sql.SessionStore.StoredSession;
import io.mistersmith.persistence.spi.sql.SessionStore.Unpublished;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** Sessions as rows of {@code sessions.active}. */
final class SessionRow {

  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private SessionRow() {}

  static StoredSession stored(ResultSet row, StatementContext context) throws SQLException {
    UUID id = row.getObject("session_id", UUID.class);
    Session session =
        new Session(
            id,
            Session.Type.valueOf(row.getString("session_type").toUpperCase(Locale.ROOT)),
            Optional.ofNullable(row.getString("user_id")),
            Optional.ofNullable(row.getObject("agent_id", UUID.class)).map(AgentId::of),
            permissions(tree(id, row.getString("permissions"))),
            preferences(tree(id, row.getString("preferences"))),
            Optional.ofNullable(row.getString("address")).map(SessionRow::address),
            Optional.ofNullable(row.getString("user_agent")),
            Duration.ofMillis(row.getLong("time_to_live_millis")),
            SqlTime.get(row, "created_at"),
            SqlTime.get(row, "last_activity"),
            SqlTime.get(row, "expires_at"));
    return new StoredSession(
        session,
        row.getString("session_token"),
        row.getLong("version"),
        Duration.of(row.getLong("left_micros"), ChronoUnit.MICROS));
  }

  static Revoked revoked(ResultSet row, boolean now) throws SQLException {
    return new Revoked(
        row.getObject("session_id", UUID.class),
        row.getString("session_token"),
        row.getLong("version"),
        now);
  }

  static Unpublished unpublished(ResultSet row, StatementContext context) throws SQLException {
    return new Unpublished(
        row.getObject("session_id", UUID.class),
        row.getString("session_token"),
        row.getLong("version"),
        row.getBoolean("valid") ? Optional.of(stored(row, context)) : Optional.empty());
  }

  static String column(Session.Type type) {
    return type.name().toLowerCase(Locale.ROOT);
  }

  static String json(Set<String> permissions) {
    return write(new TreeSet<>(permissions));
  }

  static String json(Map<String, String> preferences) {
    return write(new TreeMap<>(preferences));
  }

  /** An address without the zone, which {@code inet} does not have. */
  static @Nullable String text(Optional<InetAddress> address) {
    return address
        .map(InetAddress::getHostAddress)
        .map(host -> host.replaceFirst("%.*", ""))
        .orElse(null);
  }

  private static String write(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("texts can be written as JSON", e);
    }
  }

  private static JsonNode tree(UUID id, String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR, "session " + id + ": its row holds no JSON", e);
    }
  }

  /** Other programs may write an object instead, whose members that are true are permissions. */
  private static Set<String> permissions(JsonNode json) {
    Set<String> names = new HashSet<>();
    if (json.isArray()) {
      json.forEach(name -> names.add(name.asText()));
    } else {
      json.properties()
          .forEach(
              member -> {
                if (member.getValue().asBoolean()) {
                  names.add(member.getKey());
                }
              });
    }
    return names;
  }

  private static Map<String, String> preferences(JsonNode json) {
    Map<String, String> values = new HashMap<>();
    json.properties()
        .forEach(
            member -> {
              JsonNode value = member.getValue();
              values.put(member.getKey(), value.isTextual() ? value.asText() : value.toString());
            });
    return values;
  }

  /** Asks no name server: the text is an address. */
  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("inet holds addresses", e);
    }
  }
}
