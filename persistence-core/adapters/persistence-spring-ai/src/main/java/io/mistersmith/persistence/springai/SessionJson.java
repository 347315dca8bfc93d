package io.mistersmith.persistence.springai;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.springframework.ai.session.Session;
import org.springframework.ai.session.SessionEvent;

/** Sessions and their events as JSON. */
final class SessionJson {

  private SessionJson() {}

  static Map<String, Object> of(Session session) {
    Map<String, Object> json = new HashMap<>();
    json.put("id", session.id());
    json.put("user", session.userId());
    json.put("created", session.createdAt().toString());
    Instant end = session.expiresAt();
    if (end != null) {
      json.put("expires", end.toString());
    }
    json.put("meta", MetadataJson.of(session.metadata()));
    return json;
  }

  @SuppressWarnings("NullAway") // a session without an end has null, which the builder takes
  static Session session(Map<String, Object> json) {
    return Session.builder()
        .id(text(json, "id"))
        .userId(text(json, "user"))
        .createdAt(Instant.parse(text(json, "created")))
        .expiresAt(json.get("expires") instanceof String end ? Instant.parse(end) : null)
        .metadata(MetadataJson.read(object(json, "meta")))
        .build();
  }

  static Map<String, Object> of(SessionEvent event) {
    Map<String, Object> json = new HashMap<>();
    json.put("id", event.getId());
    json.put("at", event.getTimestamp().toString());
    json.put("message", MessageJson.of(event.getMessage()));
    if (!event.getMetadata().isEmpty()) {
      json.put("meta", MetadataJson.of(event.getMetadata()));
    }
    String branch = event.getBranch();
    if (branch != null) {
      json.put("branch", branch);
    }
    if (event.isArchived()) {
      json.put("archived", true);
    }
    return json;
  }

  static SessionEvent event(String session, Map<?, ?> json) {
    SessionEvent.Builder event =
        SessionEvent.builder()
            .id(text(json, "id"))
            .sessionId(session)
            .timestamp(Instant.parse(text(json, "at")))
            .message(MessageJson.read(object(json, "message")))
            .archived(json.containsKey("archived"));
    if (json.get("meta") instanceof Map<?, ?> metadata) {
      event.metadata(MetadataJson.read(metadata));
    }
    if (json.get("branch") instanceof String branch) {
      event.branch(branch);
    }
    return event.build();
  }

  private static String text(Map<?, ?> json, String name) {
    return String.valueOf(json.get(name));
  }

  private static Map<?, ?> object(Map<?, ?> json, String name) {
    return json.get(name) instanceof Map<?, ?> members ? members : Map.of();
  }
}
