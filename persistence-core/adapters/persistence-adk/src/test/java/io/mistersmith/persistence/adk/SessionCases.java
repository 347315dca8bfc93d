package io.mistersmith.persistence.adk;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.adk.events.Event;
import com.google.adk.sessions.GetSessionConfig;
import com.google.adk.sessions.Session;
import com.google.adk.sessions.State;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the ADK's InMemorySessionServiceTest demands, under the names that it has there. */
abstract class SessionCases extends ServiceTests {

  private static final Map<String, Object> DELTA =
      Map.of(
          "sessionKey", "sessionValue",
          "_app_appKey", "appValue",
          "_user_userKey", "userValue",
          "temp:tempKey", "tempValue");

  @Test
  void lifecycle_noSession() {
    assertThat(get("app-name", "user-id", "session-id")).isNull();
    assertThat(service().listSessions("app-name", "user-id").blockingGet().sessions()).isEmpty();
    assertThat(service().listEvents("app-name", "user-id", "session-id").blockingGet().events())
        .isEmpty();
  }

  @Test
  void lifecycle_createSession() {
    Session session = service().createSession("app-name", "user-id").blockingGet();
    assertThat(session.id()).isNotNull();
    assertThat(session.appName()).isEqualTo("app-name");
    assertThat(session.userId()).isEqualTo("user-id");
    assertThat(session.state()).isEmpty();
  }

  @Test
  void lifecycle_getSession() {
    Session session = service().createSession("app-name", "user-id").blockingGet();
    assertThat(found(session).id()).isEqualTo(session.id());
  }

  @Test
  void lifecycle_listSessions() {
    Session session = create("app-name", "user-id", "session-1");
    append(session, changing(DELTA));
    List<Session> sessions = service().listSessions("app-name", "user-id").blockingGet().sessions();
    assertThat(sessions).hasSize(1);
    assertThat(sessions.get(0).id()).isEqualTo("session-1");
    assertThat(sessions.get(0).events()).isEmpty();
    assertThat(sessions.get(0).state()).containsAllEntriesOf(DELTA);
  }

  @Test
  void lifecycle_deleteSession() {
    Session session = service().createSession("app-name", "user-id").blockingGet();
    service().deleteSession("app-name", "user-id", session.id()).blockingAwait();
    assertThat(get("app-name", "user-id", session.id())).isNull();
  }

  @Test
  void appendEvent_updatesSessionState() {
    Session session = create("app", "user", "session1");
    append(session, changing(DELTA));
    assertThat(session.state()).containsAllEntriesOf(DELTA);
    assertThat(found(session).state()).containsAllEntriesOf(DELTA);
  }

  @Test
  void appendEvent_removesState() {
    Session session = create("app", "user", "session1");
    append(session, changing(DELTA));
    assertThat(found(session).state()).containsAllEntriesOf(DELTA);
    Map<String, Object> removal = new HashMap<>();
    DELTA.keySet().forEach(key -> removal.put(key, State.REMOVED));
    append(session, changing(removal));
    assertThat(found(session).state()).isEmpty();
  }

  @Test
  void appendEvent_updatesSessionTimestampWithFractionalSeconds() {
    Session session = create("app", "user", "session1");
    append(session, Event.builder().timestamp(5_500).build());
    assertThat(found(session).lastUpdateTime()).isEqualTo(Instant.ofEpochSecond(5, 500_000_000));
  }

  @Test
  void sequentialAgents_shareTempState() {
    Session session = create("app", "user", "session1");
    append(session, changing(Map.of("temp:agent1_output", "data")));
    assertThat(session.state()).containsEntry("temp:agent1_output", "data");
    append(
        session,
        changing(
            Map.of("temp:agent2_output", "processed_data", "temp:agent1_output", State.REMOVED)));
    assertThat(found(session).state())
        .doesNotContainKey("temp:agent1_output")
        .containsEntry("temp:agent2_output", "processed_data");
  }

  @Test
  void deleteSession_cleansUpEmptyParentMaps() {
    Session session = service().createSession("app-name", "user-id").blockingGet();
    append(session, saying("hello"));
    service().deleteSession("app-name", "user-id", session.id()).blockingAwait();
    assertThat(service().listSessions("app-name", "user-id").blockingGet().sessions()).isEmpty();
    assertThat(service().listEvents("app-name", "user-id", session.id()).blockingGet().events())
        .isEmpty();
  }

  @Test
  void deleteSession_doesNotRemoveUserMapWhenOtherSessionsExist() {
    Session first = service().createSession("app-name", "user-id").blockingGet();
    Session second = service().createSession("app-name", "user-id").blockingGet();
    service().deleteSession("app-name", "user-id", first.id()).blockingAwait();
    assertThat(found(second).id()).isEqualTo(second.id());
    assertThat(service().listSessions("app-name", "user-id").blockingGet().sessions()).hasSize(1);
  }

  @Test
  void getSession_numRecentEventsAndAfterTimestamp_appliesBothFilters() {
    Session session = service().createSession("app", "user").blockingGet();
    for (long time = 100; time <= 500; time += 100) {
      append(session, Event.builder().timestamp(time).build());
    }
    GetSessionConfig both =
        GetSessionConfig.builder()
            .numRecentEvents(4)
            .afterTimestamp(Instant.ofEpochMilli(300))
            .build();
    Session retrieved =
        service().getSession("app", "user", session.id(), Optional.of(both)).blockingGet();
    assertThat(Objects.requireNonNull(retrieved).events())
        .extracting(Event::timestamp)
        .containsExactly(300L, 400L, 500L);
  }
}
