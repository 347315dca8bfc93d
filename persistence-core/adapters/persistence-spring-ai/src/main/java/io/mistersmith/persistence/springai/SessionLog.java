package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.log.Log.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.session.SessionEvent;

/**
 * The events of one session as a log. An entry is an event, or a compaction: the ids of events that
 * it archives, and the events that stay, those that are known by their ids alone. Thread-safe.
 */
final class SessionLog {

  private static final int PAGE = 512;
  private static final String EVENT = "event";
  private static final String ARCHIVED = "archived";
  private static final String RETAINED = "retained";
  private static final String ENDED = "ended";

  private final Log<Map<String, Object>> log;
  private final String session;

  SessionLog(Log<Map<String, Object>> log, String session) {
    this.log = log;
    this.session = session;
  }

  /**
   * The events at a version of the log. Immutable.
   *
   * @param version the version
   * @param events the events, archived ones too
   */
  record Events(long version, List<SessionEvent> events) {

    static final Events NONE = new Events(0, List.of());
  }

  long version() {
    return log.version();
  }

  /** Returns the events as they are now, given an earlier state of them. */
  Events refresh(Events before) {
    List<SessionEvent> events = new ArrayList<>(before.events());
    long version = before.version();
    List<Entry<Map<String, Object>>> page;
    do {
      page = log.read(version + 1, PAGE);
      for (Entry<Map<String, Object>> entry : page) {
        version = entry.version();
        apply(entry.value(), events);
      }
    } while (page.size() == PAGE);
    return version == before.version() ? before : new Events(version, List.copyOf(events));
  }

  private void apply(Map<String, Object> entry, List<SessionEvent> events) {
    if (entry.containsKey(ENDED)) {
      events.clear();
    } else if (entry.get(EVENT) instanceof Map<?, ?> event) {
      add(SessionJson.event(session, event), events);
    } else {
      List<SessionEvent> archived = events(entry.get(ARCHIVED), events);
      List<SessionEvent> retained = events(entry.get(RETAINED), events);
      events.removeIf(event -> !event.isArchived());
      archived.forEach(event -> events.add(event.asArchived()));
      events.addAll(retained);
    }
  }

  /** Adds the result of a tool right after its call, where another writer came between. */
  private static void add(SessionEvent event, List<SessionEvent> events) {
    int place = events.size();
    if (event.getMessage() instanceof ToolResponseMessage tool) {
      place = caller(tool, events) + 1;
      while (place < events.size()
          && events.get(place).getMessage() instanceof ToolResponseMessage) {
        place++;
      }
    }
    events.add(place, event);
  }

  /** Returns the place of the call, or of the last event. */
  private static int caller(ToolResponseMessage tool, List<SessionEvent> events) {
    for (int i = events.size() - 1; i >= Math.max(0, events.size() - Log.MAX_DISTANCE); i--) {
      if (events.get(i).getMessage() instanceof AssistantMessage assistant
          && assistant.getToolCalls().stream()
              .anyMatch(
                  call ->
                      tool.getResponses().stream()
                          .anyMatch(result -> Objects.equals(result.id(), call.id())))) {
        return i;
      }
    }
    return events.size() - 1;
  }

  private List<SessionEvent> events(@Nullable Object json, List<SessionEvent> known) {
    Map<String, SessionEvent> byId = new HashMap<>();
    known.forEach(event -> byId.put(event.getId(), event));
    List<SessionEvent> events = new ArrayList<>();
    for (Object element : json instanceof List<?> list ? list : List.of()) {
      if (element instanceof Map<?, ?> event) {
        events.add(SessionJson.event(session, event));
      } else {
        SessionEvent event = byId.get(String.valueOf(element));
        if (event != null) {
          events.add(event);
        }
      }
    }
    return events;
  }

  /** Appends an event unless there is one with its id. */
  void append(SessionEvent event) {
    long unused = log.append(event.getId(), Map.of(EVENT, SessionJson.of(event)));
  }

  /** Compacts the events if they have this version; returns whether they had. */
  boolean compact(Events known, List<SessionEvent> archived, List<SessionEvent> retained) {
    Map<String, Object> entry =
        Map.of(ARCHIVED, json(known, archived), RETAINED, json(known, retained));
    try {
      long unused = log.append(entry, Append.at(known.version()));
      return true;
    } catch (TransientPersistenceException e) {
      if (e.error() != DataError.VERSION_CONFLICT) {
        throw e;
      }
      return false;
    }
  }

  private static List<Object> json(Events known, List<SessionEvent> events) {
    Map<String, Map<String, Object>> byId = new HashMap<>();
    known.events().forEach(event -> byId.put(event.getId(), SessionJson.of(event)));
    List<Object> json = new ArrayList<>();
    for (SessionEvent event : events) {
      Map<String, Object> whole = SessionJson.of(event);
      json.add(whole.equals(byId.get(event.getId())) ? event.getId() : whole);
    }
    return json;
  }

  /** Removes all events. */
  void end() {
    Map<String, Object> end = Map.of(ENDED, true);
    long version = log.append(end);
    try {
      long unused = log.compact(version, end, 0);
    } catch (TransientPersistenceException e) {
      if (e.error() != DataError.VERSION_CONFLICT) {
        throw e;
      }
      // Another process has removed them.
    }
  }
}
