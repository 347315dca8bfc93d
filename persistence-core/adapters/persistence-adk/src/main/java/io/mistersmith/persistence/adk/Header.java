package io.mistersmith.persistence.adk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.adk.JsonBaseModel;
import com.google.adk.events.Event;
import com.google.adk.sessions.State;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.StateType;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A session without its events: the state as of one version of the log of events. Later events are
 * applied when it is read, so a process that dies between the event and the header loses nothing.
 *
 * @param events the version of the log up to which events are applied
 * @param updated when the session was last changed, in milliseconds of the epoch
 * @param state the session's own state, as a JSON object that is never changed
 */
record Header(long events, long updated, ObjectNode state) {

  static final StateType<Header> TYPE =
      StateType.of("adk-sessions", Header.class).withCodec(new Codec());

  static Header of(Map<String, Object> state, long now) {
    ObjectNode tree = JsonBaseModel.getMapper().createObjectNode();
    state.forEach((key, value) -> put(tree, key, value));
    return new Header(0, now, tree);
  }

  private static void put(ObjectNode tree, String key, Object value) {
    if (value == State.REMOVED) {
      tree.remove(key);
    } else {
      tree.set(key, JsonBaseModel.getMapper().valueToTree(value));
    }
  }

  /** Returns the header after an event, which the log has as the next one. */
  Header after(long version, Event event) {
    ObjectNode next = state.deepCopy();
    Deltas.ofSession(event).forEach((key, value) -> put(next, key, value));
    return new Header(version, event.timestamp(), next);
  }

  private static final class Codec implements JsonCodec<Header> {

    @Override
    public byte[] encode(Header header) {
      ObjectNode tree = JsonBaseModel.getMapper().createObjectNode();
      tree.put("events", header.events).put("updated", header.updated).set("state", header.state);
      return Json.text(tree).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Header decode(byte[] json) {
      JsonNode tree = Json.tree(new String(json, StandardCharsets.UTF_8));
      if (!(tree.path("state") instanceof ObjectNode state)) {
        throw new IllegalArgumentException("the entry is no session of the ADK");
      }
      return new Header(tree.path("events").asLong(), tree.path("updated").asLong(), state);
    }
  }
}
