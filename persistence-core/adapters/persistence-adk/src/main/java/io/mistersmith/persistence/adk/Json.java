package io.mistersmith.persistence.adk;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.adk.JsonBaseModel;
import com.google.adk.events.Event;
import com.google.adk.sessions.State;
import java.util.Map;
import java.util.TreeMap;

/** The JSON of events and states, by the ADK's own mapper. */
final class Json {

  private Json() {}

  static String of(Event event) {
    ObjectNode tree = JsonBaseModel.getMapper().valueToTree(event);
    // The mapper writes the sentinel of a removed key as a text; a null is read as the sentinel.
    if (tree.path("actions").path("stateDelta") instanceof ObjectNode delta) {
      event
          .actions()
          .stateDelta()
          .forEach(
              (key, value) -> {
                if (value == State.REMOVED) {
                  delta.putNull(key);
                }
              });
    }
    return tree.toString();
  }

  static Event event(String json) {
    return Event.fromJson(json);
  }

  static String text(JsonNode node) {
    return node.toString();
  }

  static String text(Object value) {
    try {
      return JsonBaseModel.getMapper().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a value of the state cannot be written as JSON", e);
    }
  }

  static JsonNode tree(String json) {
    try {
      return JsonBaseModel.getMapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("the entry is not JSON", e);
    }
  }

  /** Returns the members of an object, as maps, lists, texts, numbers and booleans. */
  static Map<String, Object> members(JsonNode object) {
    Map<String, Object> members = new TreeMap<>();
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      if (!member.getValue().isNull()) {
        members.put(
            member.getKey(),
            JsonBaseModel.getMapper().convertValue(member.getValue(), Object.class));
      }
    }
    return members;
  }
}
