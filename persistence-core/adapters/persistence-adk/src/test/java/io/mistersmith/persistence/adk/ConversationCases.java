package io.mistersmith.persistence.adk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.adk.events.Event;
import com.google.adk.memory.MemoryEntry;
import com.google.adk.sessions.GetSessionConfig;
import com.google.adk.sessions.Session;
import com.google.adk.sessions.SessionNotFoundException;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Limits;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Sessions over a restart, with two writers, when they are long, limited and forgotten. */
abstract class ConversationCases extends ServiceTests {

  private static final int LONG = 10_000;

  /** Returns how many events each of two writers appends. */
  abstract int turns();

  private static Session load(PersistentSessionService from, String id) {
    return Objects.requireNonNull(
        from.getSession("app", "user", id, Optional.empty()).blockingGet());
  }

  @Test
  void aSessionGoesOnAfterARestart() {
    Session session = create("app", "user", "s");
    Persistence process = stores().open();
    PersistentSessionService first = PersistentSessionService.of(process);
    append(first, session, saying("book it"));
    append(first, session, calling("c1"));
    append(first, session, changing(Map.of("step", 2, "user:name", "Ada")));
    process.close();
    PersistentSessionService restarted = PersistentSessionService.of(stores().open());
    Session found = load(restarted, "s");
    assertThat(found.events()).isEqualTo(session.events());
    assertThat(found.state()).isEqualTo(session.state());
    append(restarted, found, answering("c1"));
    assertThat(found(session).events()).hasSize(4);
  }

  @Test
  void aHeaderThatIsBehindItsEventsIsBroughtUpToDate() {
    Session session = create("app", "user", "s");
    append(session, changing(Map.of("a", 1)));
    StateKey key = StateKey.of(Owners.user("app", "user"), "s");
    var headers = stores().runtime().states(Header.TYPE);
    Header before = headers.find(key).orElseThrow().value();
    append(session, changing(Map.of("b", 2)));
    headers.save(key, before, SaveOptions.unconditional()); // as if the process had died before
    assertThat(found(session).state()).containsEntry("a", 1).containsEntry("b", 2);
    append(session, changing(Map.of("c", 3)));
    assertThat(headers.find(key).orElseThrow().value().state().size()).isEqualTo(3);
  }

  @Test
  void aLongSessionCostsNoMoreToAppendTo() {
    Session session = create("app", "user", "long");
    long few = medianNanos(session);
    fill(session);
    append(session, saying("first after many"));
    long more = medianNanos(session);
    System.out.printf("append at 10: %d us, at %d: %d us%n", few / 1000, LONG, more / 1000);
    Session found = load(PersistentSessionService.of(stores().another()), "long");
    assertThat(texts(found.events())).isEqualTo(texts(session.events()));
    GetSessionConfig ten = GetSessionConfig.builder().numRecentEvents(10).build();
    Session last = service().getSession("app", "user", "long", Optional.of(ten)).blockingGet();
    assertThat(Objects.requireNonNull(last).events()).hasSize(10);
  }

  /** Appends many events as a process would that dies before it notes them in the header. */
  private void fill(Session session) {
    List<String> events = new ArrayList<>();
    for (int i = 0; i < LONG; i++) {
      Event event = saying("e" + i);
      session.events().add(event);
      events.add(Json.of(event));
    }
    Log<String> log =
        stores()
            .runtime()
            .log(Owners.session("app", "user", session.id()), "events", EventLog.TYPE);
    log.awaitDurable(log.appendAll(events), Duration.ofSeconds(60));
  }

  private long medianNanos(Session session) {
    List<Long> times = new ArrayList<>();
    for (int i = 0; i < 21; i++) {
      Event event = saying("timed " + i);
      long start = System.nanoTime();
      append(session, event);
      times.add(System.nanoTime() - start);
    }
    Collections.sort(times);
    return times.get(times.size() / 2);
  }

  @Test
  void twoWritersLoseAndReorderNothing() throws Exception {
    create("app", "user", "shared");
    PersistentSessionService other = PersistentSessionService.of(stores().another());
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      for (Future<Void> writer :
          pool.invokeAll(List.of(writer(service(), "a"), writer(other, "b")))) {
        writer.get();
      }
    } finally {
      pool.shutdown();
    }
    Session found = load(PersistentSessionService.of(stores().another()), "shared");
    assertThat(found.events()).hasSize(2 * turns());
    for (String name : List.of("a", "b")) {
      List<Integer> order =
          found.events().stream()
              .map(event -> event.actions().stateDelta().get(name))
              .filter(Objects::nonNull)
              .map(value -> (Integer) value)
              .toList();
      assertThat(order).hasSize(turns()).isSorted();
      assertThat(found.state()).containsEntry(name, turns() - 1);
    }
    Event last = found.events().get(found.events().size() - 1);
    assertThat(found.state()).containsEntry("last", last.actions().stateDelta().get("last"));
  }

  private Callable<Void> writer(PersistentSessionService to, String name) {
    return () -> {
      Session session = load(to, "shared");
      for (int i = 0; i < turns(); i++) {
        append(to, session, changing(Map.of(name, i, "last", name + i)));
      }
      return null;
    };
  }

  @Test
  void aResponseIsReadRightAfterItsCall() {
    Session session = create("app", "user", "runs");
    List<Event> events =
        List.of(
            ofRun("one", calling("c1")),
            ofRun("two", saying("hello")),
            ofRun("one", answering("c1")),
            ofRun("two", calling("c2")),
            ofRun("two", saying("it takes long")),
            ofRun("three", answering("c2"))); // where the ADK looks for it
    events.forEach(event -> append(session, event));
    assertThat(found(session).events())
        .containsExactly(
            events.get(0),
            events.get(2),
            events.get(1),
            events.get(3),
            events.get(4),
            events.get(5));
  }

  private static Event ofRun(String run, Event event) {
    return event.toBuilder().invocationId(run).build();
  }

  @Test
  void oldEventsGoAndCallsStayWithTheirResponses() {
    PersistentSessionService keeping =
        PersistentSessionService.keeping(stores().runtime(), Limits.entries(20));
    Session session = keeping.createSession("app", "user", null, "kept").blockingGet();
    append(keeping, session, changing(Map.of("early", true)));
    for (int i = 0; i < 60; i++) {
      append(keeping, session, calling("c" + i));
      append(keeping, session, answering("c" + i));
    }
    Session found = load(PersistentSessionService.of(stores().another()), "kept");
    assertThat(found.events().size()).isBetween(20, 40);
    assertThat(found.events().get(0).functionCalls()).hasSize(1);
    assertThat(found.state()).containsEntry("early", true);
  }

  @Test
  void aSessionIsCreatedOnceAndNotAppendedToAfterItsEnd() {
    Session session = create("app", "user", "once");
    assertThatThrownBy(() -> create("app", "user", "once"))
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.DUPLICATE_KEY));
    PersistentSessionService.of(stores().another())
        .deleteSession("app", "user", "once")
        .blockingAwait();
    service()
        .appendEvent(session, saying("too late"))
        .test()
        .assertError(SessionNotFoundException.class);
    assertThat(service().listEvents("app", "user", "once").blockingGet().events()).isEmpty();
  }

  @Test
  void aPartialEventIsNotKept() {
    Session session = create("app", "user", "s");
    append(session, saying("he").toBuilder().partial(true).build());
    assertThat(found(session).events()).isEmpty();
  }

  @Test
  void memoryFindsWordsAndForgets() {
    PersistentMemoryService memory = PersistentMemoryService.of(stores().runtime());
    memory.forgetUser("app", "user").blockingAwait();
    Session session = create("app", "user", "trip");
    append(session, saying("The train to Lisbon leaves at nine"));
    append(session, saying("The boat is late"));
    memory.addSessionToMemory(session).blockingAwait();
    memory.addSessionToMemory(session).blockingAwait();
    PersistentMemoryService other = PersistentMemoryService.of(stores().another());
    assertThat(said(other, "user", "when does the lisbon train leave"))
        .first()
        .isEqualTo("The train to Lisbon leaves at nine");
    assertThat(said(other, "user", "boat")).containsExactly("The boat is late");
    assertThat(said(other, "other", "boat")).isEmpty();
    assertThat(said(other, "user", " ")).isEmpty();
    other.forgetUser("app", "user").blockingAwait();
    assertThat(said(memory, "user", "boat")).isEmpty();
  }

  private static List<String> said(PersistentMemoryService in, String user, String query) {
    List<MemoryEntry> found = in.searchMemory("app", user, query).blockingGet().memories();
    return found.stream().map(entry -> entry.content().text()).map(Objects::toString).toList();
  }

  @Test
  void aForgottenUserHasNothing() {
    Session session = create("app", "user", "s1");
    append(session, changing(Map.of("user:name", "Ada", "app:k", 1)));
    create("app", "other", "s1");
    PersistentSessionService.of(stores().another()).forgetUser("app", "user").blockingAwait();
    assertThat(service().listSessions("app", "user").blockingGet().sessions()).isEmpty();
    assertThat(service().listEvents("app", "user", "s1").blockingGet().events()).isEmpty();
    assertThat(create("app", "user", "s2").state()).containsOnlyKeys("app:k");
    assertThat(get("app", "other", "s1")).isNotNull();
  }
}
