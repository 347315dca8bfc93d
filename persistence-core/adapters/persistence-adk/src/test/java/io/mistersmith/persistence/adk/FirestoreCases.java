package io.mistersmith.persistence.adk;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.adk.events.Event;
import com.google.adk.sessions.GetSessionConfig;
import com.google.adk.sessions.Session;
import com.google.adk.sessions.State;
import com.google.genai.types.Content;
import com.google.genai.types.Part;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * What the ADK's FirestoreSessionServiceTest demands beyond the cases of the in-memory service,
 * under the names that it has there. Where the two differ, for a session that does not exist, the
 * in-memory service is followed.
 */
abstract class FirestoreCases extends ServiceTests {

  /** Each test has an application of its own, since the state of one outlives its users. */
  private final String app = "app-" + UUID.randomUUID();

  private Session get(Session session, GetSessionConfig config) {
    return Objects.requireNonNull(
        service()
            .getSession(session.appName(), session.userId(), session.id(), Optional.of(config))
            .blockingGet());
  }

  @Test
  void getSession_sessionExists_returnsSession() {
    Session found = found(create(app, "user", "session-id"));
    assertThat(found.id()).isEqualTo("session-id");
    assertThat(found.userId()).isEqualTo("user");
  }

  @Test
  void getSession_withNumRecentEvents_appliesLimitToQuery() {
    Session session = create(app, "user", "session-id");
    for (int i = 0; i < 8; i++) {
      append(session, saying("e" + i));
    }
    GetSessionConfig five = GetSessionConfig.builder().numRecentEvents(5).build();
    assertThat(texts(get(session, five).events())).containsExactly("e3", "e4", "e5", "e6", "e7");
    GetSessionConfig none = GetSessionConfig.builder().numRecentEvents(0).build();
    assertThat(get(session, none).events()).isEmpty();
  }

  @Test
  void getSession_withAfterTimestamp_appliesFilterToQuery() {
    Session session = create(app, "user", "session-id");
    append(session, Event.builder().timestamp(1_000).build());
    append(session, Event.builder().timestamp(9_000).build());
    GetSessionConfig later =
        GetSessionConfig.builder().afterTimestamp(Instant.ofEpochMilli(5_000)).build();
    assertThat(get(session, later).events()).extracting(Event::timestamp).containsExactly(9_000L);
  }

  @Test
  void createSession_withSessionId_returnsNewSession() {
    assertThat(create(app, "user", "session-id").id()).isEqualTo("session-id");
  }

  @Test
  void createSession_withNullSessionId_generatesNewId() {
    assertThat(service().createSession(app, "user", null, null).blockingGet().id()).isNotEmpty();
  }

  @Test
  void createSession_withEmptySessionId_generatesNewId() {
    assertThat(service().createSession(app, "user", null, "  ").blockingGet().id()).isNotBlank();
  }

  @Test
  void createSession_withNullState_createsSessionWithEmptyState() {
    assertThat(create(app, "user", "session-id").state()).isEmpty();
  }

  @Test
  @SuppressWarnings("NullAway") // the case
  void createSession_withNullAppName_throwsNullPointerException() {
    service()
        .createSession(null, "user", null, "session-id")
        .test()
        .assertError(NullPointerException.class);
  }

  @Test
  void appendEvent_persistsEventAndUpdatesSession() {
    Session session = create(app, "user", "session-id");
    Event event = saying("hello world");
    service().appendEvent(session, event).test().assertValue(event).assertComplete();
    assertThat(session.events()).containsExactly(event);
    assertThat(found(session).events()).containsExactly(event);
    assertThat(found(session).lastUpdateTime()).isEqualTo(Instant.ofEpochMilli(event.timestamp()));
  }

  @Test
  void appendAndGet_withAllPartTypes_serializesAndDeserializesCorrectly() {
    Session session = create(app, "user", "session-id");
    append(
        session,
        Event.builder()
            .author("model")
            .content(
                Content.fromParts(
                    Part.fromText("Here are the results."),
                    Part.fromFunctionCall("search_tool", Map.of("query", "genai")),
                    Part.fromFunctionResponse("search_tool", Map.of("result", "Google AI")),
                    Part.fromUri("gs://bucket/file.png", "image/png")))
            .build());
    List<Part> parts = found(session).events().get(0).content().orElseThrow().parts().orElseThrow();
    assertThat(parts.get(0).text()).contains("Here are the results.");
    assertThat(parts.get(1).functionCall().orElseThrow().name()).contains("search_tool");
    assertThat(parts.get(2).functionResponse().orElseThrow().name()).contains("search_tool");
    assertThat(parts.get(3).fileData().orElseThrow().fileUri()).contains("gs://bucket/file.png");
    assertThat(parts.get(3).fileData().orElseThrow().mimeType()).contains("image/png");
  }

  @Test
  void appendEvent_withAppOnlyStateDeltas_updatesCorrectStores() {
    append(create(app, "user", "session-id"), changing(Map.of("app:key", "value")));
    assertThat(create(app, "other", "session-2").state())
        .containsExactly(Map.entry("app:key", "value"));
    append(found(create(app, "other", "session-3")), changing(Map.of("app:key", State.REMOVED)));
    assertThat(create(app, "user", "session-4").state()).isEmpty();
  }

  @Test
  void appendEvent_withUserOnlyStateDeltas_updatesCorrectStores() {
    append(create(app, "user", "session-id"), changing(Map.of("user:key", "value")));
    assertThat(create(app, "user", "session-2").state())
        .containsExactly(Map.entry("user:key", "value"));
    assertThat(create(app, "other", "session-3").state()).isEmpty();
  }

  @Test
  void listEvents_sessionExists_returnsEvents() {
    Session session = create(app, "user", "session-id");
    append(session, saying("an event"));
    List<Event> events = service().listEvents(app, "user", "session-id").blockingGet().events();
    assertThat(events).hasSize(1);
    assertThat(events.get(0).author()).isEqualTo("user");
  }

  @Test
  void deleteSession_deletesEventsAndSession() {
    Session session = create(app, "user", "session-id");
    append(session, saying("an event"));
    service().deleteSession(app, "user", "session-id").blockingAwait();
    assertThat(get(app, "user", "session-id")).isNull();
    create(app, "user", "session-id");
    assertThat(found(session).events()).isEmpty();
  }

  @Test
  void listSessions_returnsListOfSessions() {
    create(app, "user", "session-1");
    create(app, "user", "session-2");
    assertThat(service().listSessions(app, "user").blockingGet().sessionIds())
        .containsExactly("session-1", "session-2");
  }

  @Test
  void getSession_appNameMismatch_emitsError() {
    create(app, "user", "session-id");
    assertThat(get("app-name", "user", "session-id")).isNull();
  }

  @Test
  void listEvents_appNameMismatch_emitsError() {
    append(create(app, "user", "session-id"), saying("secret"));
    assertThat(service().listEvents("app-name", "user", "session-id").blockingGet().events())
        .isEmpty();
  }

  @Test
  void deleteSession_appNameMismatch_doesNotDelete() {
    Session session = create(app, "user", "session-id");
    append(session, saying("kept"));
    service().deleteSession("app-name", "user", "session-id").blockingAwait();
    assertThat(found(session).events()).hasSize(1);
  }
}
