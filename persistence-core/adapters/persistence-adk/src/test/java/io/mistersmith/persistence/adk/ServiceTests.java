package io.mistersmith.persistence.adk;

import com.google.adk.events.Event;
import com.google.adk.events.EventActions;
import com.google.adk.sessions.Session;
import com.google.genai.types.Content;
import com.google.genai.types.FunctionCall;
import com.google.genai.types.FunctionResponse;
import com.google.genai.types.Part;
import io.mistersmith.persistence.testkit.SharedStores;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;

/** Two runtimes over the same stores, which stand for two processes; and events. */
abstract class ServiceTests {

  private @Nullable PersistentSessionService opened;

  /** Returns the stores; a runtime over them stands for a process. */
  abstract SharedStores stores();

  @BeforeEach
  void openServices() {
    opened = PersistentSessionService.of(stores().runtime());
    for (String user : List.of("user", "user-id", "other")) {
      for (String app : List.of("app", "app-name")) {
        service().forgetUser(app, user).blockingAwait();
      }
    }
  }

  PersistentSessionService service() {
    return Objects.requireNonNull(opened);
  }

  Session create(String app, String user, String id) {
    return service().createSession(app, user, null, id).blockingGet();
  }

  @Nullable Session get(String app, String user, String id) {
    return service().getSession(app, user, id, Optional.empty()).blockingGet();
  }

  Session found(Session session) {
    return Objects.requireNonNull(get(session.appName(), session.userId(), session.id()));
  }

  static void append(PersistentSessionService to, Session session, Event event) {
    Event unused = to.appendEvent(session, event).blockingGet();
  }

  void append(Session session, Event event) {
    append(service(), session, event);
  }

  static Event changing(Map<String, Object> delta) {
    return Event.builder().actions(EventActions.builder().stateDelta(delta).build()).build();
  }

  static Event saying(String text) {
    return Event.builder()
        .id(Event.generateEventId())
        .author("user")
        .timestamp(System.currentTimeMillis())
        .content(Content.fromParts(Part.fromText(text)))
        .build();
  }

  static Event calling(String id) {
    FunctionCall call = FunctionCall.builder().id(id).name("search").args(Map.of("q", id)).build();
    return Event.builder()
        .id(Event.generateEventId())
        .author("agent")
        .content(Content.fromParts(Part.builder().functionCall(call).build()))
        .build();
  }

  static Event answering(String id) {
    FunctionResponse response =
        FunctionResponse.builder().id(id).name("search").response(Map.of("found", id)).build();
    return Event.builder()
        .id(Event.generateEventId())
        .author("agent")
        .content(Content.fromParts(Part.builder().functionResponse(response).build()))
        .build();
  }

  static List<String> texts(List<Event> events) {
    return events.stream()
        .flatMap(event -> event.content().stream())
        .flatMap(content -> content.parts().stream().flatMap(List::stream))
        .flatMap(part -> part.text().stream())
        .toList();
  }
}
