package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent.HotStoreChanged;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * The contract of a time during which the hot store does not answer: PostgreSQL answers in its
 * place where it is known to have what this runtime wrote and read, all else fails as transient,
 * and everything comes back by itself.
 */
public abstract class HotOutageContract extends PersistenceContract {

  /** The store is away, or is not asked, since its calls failed one after the other. */
  private static final Set<DataError> AWAY =
      Set.of(DataError.CONNECTION_FAILED, DataError.UNAVAILABLE);

  private static final SaveOptions COMMITTED =
      SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED);

  private final Queue<HotStoreChanged> heard = new ConcurrentLinkedQueue<>();

  /** For implementations. */
  protected HotOutageContract() {}

  @Test
  void aFlushedEntryIsReadFromTheDurableStoreAndSaysSo() {
    Persistence runtime = openListening();
    StateRepository<Object> states = states(runtime);
    Versioned<Object> saved = states.save(key("a"), "by train", COMMITTED);
    Awaitility.await()
        .atMost(SOON)
        .until(() -> states.find(key("a")).orElseThrow().layer() == StorageLayer.MEMORY_CACHE);
    takeAway();
    HotStoreChanged away = heard.element();
    assertThat(away.reason()).isNotEmpty();
    for (Versioned<Object> found :
        List.of(
            states.find(key("a")).orElseThrow(),
            states.findAsync(key("a")).join().orElseThrow(),
            row(states.findAll(List.of(key("a"))), key("a")).orElseThrow())) {
      assertThat(found.value()).isEqualTo("by train");
      assertThat(found.revision()).isEqualTo(saved.revision());
      assertThat(found.layer()).isEqualTo(StorageLayer.RELATIONAL_DB);
      assertThat(found.awaySince()).contains(away.since());
    }
    assertThat(runtime.operations().notices()).anyMatch(notice -> notice.contains("NATS"));
    bringBack(states);
    Versioned<Object> found = states.find(key("a")).orElseThrow();
    assertThat(found.awaySince()).isEmpty();
    assertThat(found.revision()).isEqualTo(saved.revision());
    assertThat(found.layer()).isNotEqualTo(StorageLayer.RELATIONAL_DB);
    assertThat(runtime.operations().notices()).noneMatch(notice -> notice.contains("away"));
  }

  @Test
  void aWriteFailsAsTransientAndIsNotMadeLater() {
    StateRepository<Object> states = states(openListening());
    Versioned<Object> saved = states.save(key("a"), 1, COMMITTED);
    Revision revision = saved.revision();
    takeAway();
    assertAway(() -> states.save(key("a"), 2));
    assertAway(() -> states.save(key("a"), 2, SaveOptions.at(revision)));
    assertAway(() -> states.save(key("new"), 2, SaveOptions.ifAbsent()));
    assertAway(() -> states.update(key("a"), value -> 2));
    assertAway(() -> states.delete(key("a")));
    assertAway(() -> states.delete(key("a"), revision));
    assertThat(failure(states.saveAll(Map.of(key("a"), 2)), key("a"))).isIn(AWAY);
    bringBack(states);
    assertThat(states.find(key("a")).orElseThrow().revision()).isEqualTo(revision);
    assertThat(states.find(key("new"))).isEmpty();
  }

  @Test
  void nothingOlderThanAnOwnWriteIsReadWhileThatWaitsInTheJournal() throws Exception {
    Faults faults = new Faults(1);
    persistence().close();
    StateRepository<Object> states = states(open(listening().build(), faults));
    states.save(key("a"), 1, COMMITTED);
    states.save(key("b"), 1, COMMITTED);
    states.save(key("c"), 1, COMMITTED);
    Versioned<Object> second;
    try (Gate gate = faults.on(Call.APPLY).pauseBefore()) {
      second = states.save(key("a"), 2);
      states.delete(key("c"));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      takeAway();
      assertAway(() -> states.find(key("a")));
      assertAway(() -> states.find(key("c")));
      Map<StateKey, DataResult<Optional<Versioned<Object>>>> rows =
          states.findAll(List.of(key("a"), key("b")));
      assertThat(failure(rows, key("a"))).isIn(AWAY);
      assertThat(row(rows, key("b")).orElseThrow().value()).isEqualTo(1);
    }
    bringBack(states);
    assertThat(states.find(key("a")).orElseThrow().revision()).isEqualTo(second.revision());
    assertThat(states.find(key("c"))).isEmpty();
  }

  @Test
  void nothingOlderThanWhatAWatchSaidIsRead() throws Exception {
    Faults faults = new Faults(1);
    persistence().close();
    StateRepository<Object> writing = states(open(config().build(), faults));
    writing.save(key("a"), 1, COMMITTED);
    StateRepository<Object> watching = states(openListening());
    Set<Object> changes = ConcurrentHashMap.newKeySet();
    StateRepository.Watch watch =
        watching.watch(agent(), change -> changes.add(change.value().orElseThrow().value()));
    assertThat(watching.find(key("a")).orElseThrow().value()).isEqualTo(1);
    try (Gate gate = faults.on(Call.APPLY).pauseBefore()) {
      writing.save(key("a"), 2);
      Awaitility.await().atMost(SOON).until(() -> changes.contains(2));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      takeAway();
      try {
        // The watching runtime may have flushed the write itself, since the other one is held.
        assertThat(watching.find(key("a")).orElseThrow().value()).isEqualTo(2);
      } catch (TransientPersistenceException e) {
        assertThat(e.error()).isIn(AWAY);
      }
    }
    bringBack(watching);
    watch.close();
    assertThat(watching.find(key("a")).orElseThrow().value()).isEqualTo(2);
  }

  @Test
  void anEndedRowIsAnAnswerAndAMissingOneIsNot() {
    StateRepository<Object> states = states(openListening());
    states.save(key("deleted"), 1, COMMITTED);
    states.delete(key("deleted"));
    states.flush(key("deleted"), SOON);
    Duration shortly = Duration.ofMillis(500);
    states.save(key("expired"), 1, COMMITTED.withTimeToLive(shortly));
    states.save(key("lasting"), 1, COMMITTED.withTimeToLive(Duration.ofHours(1)));
    elapse(shortly.plusMillis(100));
    takeAway();
    assertThat(states.find(key("deleted"))).isEmpty();
    assertThat(states.find(key("expired"))).isEmpty();
    assertThat(states.find(key("lasting")).orElseThrow().expiresAt()).isPresent();
    assertAway(() -> states.find(key("missing")));
    assertAway(() -> states.keys(agent(), ""));
    bringBack(states);
    assertThat(states.find(key("missing"))).isEmpty();
  }

  @Test
  void agentsAreReadAndSavedAndSessionsAreNot() {
    Persistence runtime = openListening();
    StateType<String> carts = StateType.of("cart", String.class).in(DataType.SESSION_DATA);
    StateRepository<String> sessions = runtime.states(carts);
    StateKey cart = StateKey.of(AgentId.external("visitor"), "cart");
    sessions.save(cart, "two tickets");
    Agent known = runtime.agents().save(Agent.of("contract", "known")).value();
    takeAway();
    assertThat(runtime.agents().find(known.id()).orElseThrow().value()).isEqualTo(known);
    Agent fresh = runtime.agents().save(Agent.of("contract", "fresh")).value();
    assertThat(runtime.agents().find(fresh.id()).orElseThrow().value()).isEqualTo(fresh);
    assertAway(() -> sessions.find(cart));
    bringBack(states(runtime));
    assertThat(sessions.find(cart).orElseThrow().value()).isEqualTo("two tickets");
  }

  @Test
  void aRuntimeThatForgetsItsWritesReadsNothingOlderEither() throws Exception {
    Faults faults = new Faults(1);
    persistence().close();
    StateRepository<Object> states = states(open(listening().knownRevisions(8).build(), faults));
    List<StateKey> keys = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      keys.add(key("k" + i));
      states.save(keys.get(i), 1, COMMITTED);
    }
    Set<StateKey> answered = new HashSet<>();
    try (Gate gate = faults.on(Call.APPLY).pauseBefore()) {
      for (StateKey key : keys) {
        states.save(key, 2);
      }
      assertThat(gate.awaitArrival(SOON)).isTrue();
      takeAway();
      // The flush that is held may end, and takes some of the second writes with it.
      for (StateKey key : keys) {
        assertThat(failure(states.findAll(List.of(key)), key)).as("%s", key).isIn(AWAY);
      }
    }
    bringBack(states);
    states.flush(keys.get(99), SOON);
    takeAway();
    for (StateKey key : keys) {
      if (states.find(key).orElseThrow().value().equals(2)) {
        answered.add(key);
      }
    }
    assertThat(answered).hasSameSizeAs(keys);
    bringBack(states);
  }

  private PersistenceConfig.Builder listening() {
    return config().listener(PersistenceListener.of(HotStoreChanged.class, heard::add));
  }

  private Persistence openListening() {
    return open(listening().build());
  }

  private void takeAway() {
    heard.clear();
    hotOutage(true);
    Awaitility.await().atMost(SOON).until(() -> heard.stream().anyMatch(HotStoreChanged::away));
  }

  private void bringBack(StateRepository<Object> states) {
    hotOutage(false);
    Awaitility.await().atMost(SOON).until(() -> heard.stream().anyMatch(event -> !event.away()));
    assertThat(heard).hasSize(2);
    Awaitility.await()
        .atMost(SOON)
        .ignoreExceptions()
        .until(() -> states.save(key("back"), 0).value().equals(0));
  }

  private static void assertAway(ThrowingCallable call) {
    assertThat(catchThrowable(call))
        .isInstanceOfSatisfying(
            TransientPersistenceException.class,
            failure -> assertThat(failure.error()).as(failure.getMessage()).isIn(AWAY));
  }
}
