package io.mistersmith.persistence.adk;

import com.google.adk.events.Event;
import com.google.adk.sessions.State;
import java.util.HashMap;
import java.util.Map;

/** Splits an event's changes of state by whose they are. */
final class Deltas {

  private Deltas() {}

  static Map<String, Object> ofApp(Event event) {
    return withPrefix(event, State.APP_PREFIX);
  }

  static Map<String, Object> ofUser(Event event) {
    return withPrefix(event, State.USER_PREFIX);
  }

  static Map<String, Object> ofSession(Event event) {
    Map<String, Object> own = new HashMap<>();
    of(event)
        .forEach(
            (key, value) -> {
              if (!key.startsWith(State.APP_PREFIX) && !key.startsWith(State.USER_PREFIX)) {
                own.put(key, value);
              }
            });
    return own;
  }

  /** Returns the changes of keys with this prefix, without it. */
  private static Map<String, Object> withPrefix(Event event, String prefix) {
    Map<String, Object> shared = new HashMap<>();
    of(event)
        .forEach(
            (key, value) -> {
              if (key.startsWith(prefix)) {
                shared.put(key.substring(prefix.length()), value);
              }
            });
    return shared;
  }

  static Map<String, Object> of(Event event) {
    return event.actions() == null ? Map.of() : event.actions().stateDelta();
  }
}
