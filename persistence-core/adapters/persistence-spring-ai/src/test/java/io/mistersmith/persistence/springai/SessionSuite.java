package io.mistersmith.persistence.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.AssistantMessage.ToolCall;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.Session;
import org.springframework.ai.session.SessionEvent;

/** The cases of Spring AI Session's InMemorySessionRepositoryTests, by their names, and ours. */
abstract class SessionSuite extends StoresTestCase {

  private PersistentSessionRepository repository;

  @BeforeAll
  void makeRepository() {
    repository = PersistentSessionRepository.of(persistence);
  }

  private Session saved(String user) {
    return repository.save(Session.builder().id(UUID.randomUUID().toString()).userId(user).build());
  }

  private static SessionEvent event(Session session, Message message) {
    return SessionEvent.builder().sessionId(session.id()).message(message).build();
  }

  private SessionEvent appended(Session session, String text) {
    SessionEvent event = event(session, new UserMessage(text));
    repository.appendEvent(event);
    return event;
  }

  private List<String> texts(Session session, EventFilter filter) {
    return repository.findEvents(session.id(), filter).stream()
        .map(found -> String.valueOf(found.getMessage().getText()))
        .toList();
  }

  @Test
  void saveAndFindByIdRoundTrip() {
    Session session =
        Session.builder()
            .id(UUID.randomUUID().toString())
            .userId("user-1")
            .metadata(Map.of("model", "m", "turns", 7L))
            .build();
    Session saved = repository.save(session);
    Session found = repository.findById(saved.id());
    assertThat(found).isNotNull().usingRecursiveComparison().isEqualTo(session);
  }

  @Test
  void findByIdReturnsNullWhenNotFound() {
    assertThat(repository.findById("no-such-id")).isNull();
  }

  @Test
  void appendEventThrowsWhenSessionNotFound() {
    SessionEvent event =
        SessionEvent.builder().sessionId("ghost-session").message(new UserMessage("hi")).build();
    assertThatThrownBy(() -> repository.appendEvent(event))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Session not found");
  }

  @Test
  void appendEventWithSameIdIsIdempotent() {
    Session session = saved("user-1");
    SessionEvent event =
        SessionEvent.builder()
            .id("deterministic-event-id")
            .sessionId(session.id())
            .message(new UserMessage("hi"))
            .build();
    repository.appendEvent(event);
    long version = repository.getEventVersion(session.id());
    repository.appendEvent(event);
    assertThat(repository.findEvents(session.id(), EventFilter.all())).hasSize(1);
    assertThat(repository.getEventVersion(session.id())).isEqualTo(version);
  }

  @Test
  void appendEventWithDifferentIdIsNotTreatedAsDuplicate() {
    Session session = saved("user-1");
    appended(session, "first");
    appended(session, "second");
    assertThat(texts(session, EventFilter.all())).containsExactly("first", "second");
  }

  @Test
  void findEventsLastNReturnsOnlyLastNEvents() {
    Session session = saved("user-2");
    for (int i = 1; i <= 5; i++) {
      appended(session, "msg-" + i);
    }
    assertThat(texts(session, EventFilter.lastN(2))).containsExactly("msg-4", "msg-5");
    assertThat(texts(session, EventFilter.keywordSearch("msg", 1, 2)))
        .containsExactly("msg-3", "msg-4");
  }

  @Test
  void findEventsRealOnlyExcludesSynthetic() {
    Session session = saved("user-3");
    appended(session, "real");
    for (Message message : List.of(new UserMessage("Summarize"), new AssistantMessage("text"))) {
      repository.appendEvent(
          SessionEvent.builder()
              .sessionId(session.id())
              .message(message)
              .metadata(SessionEvent.METADATA_SYNTHETIC, true)
              .metadata(SessionEvent.METADATA_COMPACTION_SOURCE, "sliding-window")
              .build());
    }
    assertThat(texts(session, EventFilter.realOnly())).containsExactly("real");
  }

  @Test
  void deleteRemovesSession() {
    Session session = saved("user-4");
    appended(session, "secret");
    repository.delete(session.id());
    assertThat(repository.findById(session.id())).isNull();
    assertThat(repository.findEvents(session.id(), EventFilter.all())).isEmpty();
    assertThat(repository.findByUserId("user-4")).isEmpty();
  }

  @Test
  void findExpiredSessionIdsReturnsExpiredOnes() {
    Session active = saved("user-5");
    Session expired =
        repository.save(
            Session.builder()
                .id(UUID.randomUUID().toString())
                .userId("user-5")
                .expiresAt(Instant.now().minusSeconds(60))
                .build());
    assertThat(repository.findExpiredSessionIds(Instant.now()))
        .contains(expired.id())
        .doesNotContain(active.id());
    repository.delete(expired.id());
  }

  @Test
  void findByUserIdReturnsAllSessionsForUser() {
    String alice = "alice " + UUID.randomUUID();
    String bob = "bob " + UUID.randomUUID();
    saved(alice);
    saved(alice);
    saved(bob);
    assertThat(repository.findByUserId(alice)).hasSize(2);
    assertThat(repository.findByUserId(bob)).hasSize(1);
  }

  @Test
  void getEventVersionStartsAtZeroAndIncrementsOnAppend() {
    Session session = saved("user-6");
    assertThat(repository.getEventVersion(session.id())).isZero();
    appended(session, "a");
    assertThat(repository.getEventVersion(session.id())).isEqualTo(1);
    appended(session, "b");
    assertThat(repository.getEventVersion(session.id())).isEqualTo(2);
  }

  @Test
  void compactEventsWithCorrectVersionSucceeds() {
    Session session = saved("user-7");
    SessionEvent first = appended(session, "msg-1");
    SessionEvent second = appended(session, "msg-2");
    long version = repository.getEventVersion(session.id());
    SessionEvent summary = event(session, new UserMessage("summary"));
    assertThat(
            repository.compactEvents(
                session.id(), List.of(first), List.of(summary, second), version))
        .isTrue();
    assertThat(repository.getEventVersion(session.id())).isEqualTo(version + 1);
    assertThat(texts(session, EventFilter.active())).containsExactly("summary", "msg-2");
    assertThat(repository.findEvents(session.id(), EventFilter.all()))
        .extracting(SessionEvent::isArchived)
        .containsExactly(true, false, false);
  }

  @Test
  void compactEventsWithStaleVersionFails() {
    Session session = saved("user-8");
    SessionEvent first = appended(session, "msg-1");
    long stale = repository.getEventVersion(session.id()) - 1;
    SessionEvent summary = event(session, new UserMessage("should-not-land"));
    assertThat(repository.compactEvents(session.id(), List.of(first), List.of(summary), stale))
        .isFalse();
    assertThat(texts(session, EventFilter.active())).containsExactly("msg-1");
  }

  @Test
  void compactEventsPreservesPreviouslyArchivedEvents() {
    Session session = saved("user-9");
    SessionEvent e1 = appended(session, "e1");
    SessionEvent e2 = appended(session, "e2");
    SessionEvent e3 = appended(session, "e3");
    SessionEvent s1 = event(session, new UserMessage("s1"));
    SessionEvent s2 = event(session, new UserMessage("s2"));
    compact(session, e1, s1, e2, e3);
    compact(session, e2, s2, e3);
    assertThat(texts(session, EventFilter.all())).containsExactly("e1", "e2", "s2", "e3");
    assertThat(texts(session, EventFilter.active())).containsExactly("s2", "e3");
  }

  private void compact(Session session, SessionEvent archived, SessionEvent... retained) {
    long version = repository.getEventVersion(session.id());
    assertThat(
            repository.compactEvents(session.id(), List.of(archived), List.of(retained), version))
        .isTrue();
  }

  @Test
  void continuesAfterARestart() {
    Persistence first = openAnother();
    Session session = saved("user-10");
    SessionEvent event = event(session, new AssistantMessage("kept"));
    PersistentSessionRepository.of(first).appendEvent(event);
    first.close();
    PersistentSessionRepository again = PersistentSessionRepository.of(openAnother());
    again.appendEvent(event(session, new UserMessage("next")));
    assertThat(texts(session, EventFilter.all())).containsExactly("kept", "next");
    assertThat(again.findByUserId("user-10")).hasSize(1);
    repository.delete(session.id());
    await().until(() -> again.findByUserId("user-10").isEmpty());
    assertThat(again.findEvents(session.id(), EventFilter.all())).isEmpty();
  }

  @Test
  void readsAResultRightAfterItsCall() {
    Session session = saved("user-12");
    AssistantMessage call =
        AssistantMessage.builder()
            .content("call")
            .toolCalls(List.of(new ToolCall("c1", "function", "f", "{}")))
            .build();
    ToolResponseMessage result =
        ToolResponseMessage.builder()
            .responses(List.of(new ToolResponse("c1", "f", "done")))
            .build();
    for (Message message : List.of(call, new UserMessage("of another"), result)) {
      repository.appendEvent(event(session, message));
    }
    assertThat(repository.findEvents(session.id(), EventFilter.all()))
        .extracting(SessionEvent::getMessage)
        .containsExactly(call, result, new UserMessage("of another"));
  }

  @Test
  void twoProcessesLoseAndReorderNothing() throws Exception {
    Session session = saved("user-11");
    List<CompletableFuture<Void>> writers = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (String writer : List.of("a", "b")) {
      PersistentSessionRepository own = PersistentSessionRepository.of(openAnother());
      writers.add(
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < 50; i++) {
                  own.appendEvent(event(session, new UserMessage(writer + i)));
                }
              }));
      for (int i = 0; i < 50; i++) {
        expected.add(writer + i);
      }
    }
    for (CompletableFuture<Void> writer : writers) {
      writer.get();
    }
    List<String> found = texts(session, EventFilter.all());
    assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
    for (String writer : List.of("a", "b")) {
      assertThat(found.stream().filter(text -> text.startsWith(writer)).toList())
          .isEqualTo(expected.stream().filter(text -> text.startsWith(writer)).toList());
    }
  }
}
