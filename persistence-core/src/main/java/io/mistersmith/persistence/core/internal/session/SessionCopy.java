package io.mistersmith.persistence.core.internal.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.session.Session;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A copy of a row as the bucket has it, in JSON.
 *
 * @param version the row's version
 * @param began when PostgreSQL began to be asked for the row, by KV's clock, to the millisecond
 * @param session the session; empty where it is too large for the bucket
 */
record SessionCopy(long version, Instant began, Optional<Session> session) {

  private static final ObjectMapper MAPPER = JsonMapper.builder().build();

  byte[] encode() {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("version", version).put("began", began.toEpochMilli());
    session.ifPresent(found -> write(json.putObject("session"), found));
    try {
      return MAPPER.writeValueAsBytes(json);
    } catch (IOException e) {
      throw new IllegalStateException("a tree can be written as JSON", e);
    }
  }

  private static void write(ObjectNode json, Session session) {
    json.put("id", session.id().toString()).put("type", session.type().name());
    session.user().ifPresent(user -> json.put("user", user));
    session.agent().ifPresent(agent -> json.put("agent", agent.toString()));
    ArrayNode permissions = json.putArray("permissions");
    session.permissions().forEach(permissions::add);
    ObjectNode preferences = json.putObject("preferences");
    session.preferences().forEach(preferences::put);
    session.address().ifPresent(address -> json.put("address", address.getAddress()));
    session.userAgent().ifPresent(program -> json.put("userAgent", program));
    json.put("timeToLive", session.timeToLive().toMillis())
        .put("createdAt", session.createdAt().toString())
        .put("lastActivity", session.lastActivity().toString())
        .put("expiresAt", session.expiresAt().toString());
  }

  /** Nothing where the bytes are no copy. */
  static Optional<SessionCopy> decode(byte[] bytes) {
    try {
      JsonNode json = MAPPER.readTree(bytes);
      if (!json.path("version").canConvertToLong() || !json.path("began").canConvertToLong()) {
        return Optional.empty();
      }
      return Optional.of(
          new SessionCopy(
              json.get("version").asLong(),
              Instant.ofEpochMilli(json.get("began").asLong()),
              json.has("session") ? Optional.of(read(json.get("session"))) : Optional.empty()));
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  private static Session read(JsonNode json) throws IOException {
    Set<String> permissions = new HashSet<>();
    json.path("permissions").forEach(name -> permissions.add(name.asText()));
    Map<String, String> preferences = new HashMap<>();
    json.path("preferences")
        .properties()
        .forEach(entry -> preferences.put(entry.getKey(), entry.getValue().asText()));
    return new Session(
        UUID.fromString(json.path("id").asText()),
        Session.Type.valueOf(json.path("type").asText()),
        text(json, "user"),
        text(json, "agent").map(AgentId::parse),
        permissions,
        preferences,
        json.has("address") ? Optional.of(address(json.get("address"))) : Optional.empty(),
        text(json, "userAgent"),
        Duration.ofMillis(json.path("timeToLive").asLong()),
        Instant.parse(json.path("createdAt").asText()),
        Instant.parse(json.path("lastActivity").asText()),
        Instant.parse(json.path("expiresAt").asText()));
  }

  private static Optional<String> text(JsonNode json, String field) {
    return Optional.ofNullable(json.get(field)).map(JsonNode::asText);
  }

  private static InetAddress address(JsonNode json) throws IOException {
    try {
      return InetAddress.getByAddress(json.binaryValue());
    } catch (UnknownHostException e) {
      throw new IOException("no address", e);
    }
  }
}
