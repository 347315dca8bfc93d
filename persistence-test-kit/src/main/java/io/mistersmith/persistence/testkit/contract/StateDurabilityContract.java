package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.Durability;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.repository.DeadLetter;
import io.mistersmith.persistence.repository.DeadLetters;
import io.mistersmith.persistence.repository.SaveOptions;
import io.mistersmith.persistence.repository.StateChangeEvent;
import io.mistersmith.persistence.repository.StateRepository;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What flushing, waiting for it, dead letters, restarts and watches must do. */
public abstract class StateDurabilityContract extends PersistenceContract {

  /** For implementations. */
  protected StateDurabilityContract() {}

  @Test
  void aWriteBecomesDurableAndSoDoesADelete() {
    Versioned<Object> first = states().save(key("a"), "1");
    Versioned<Object> second = states().save(key("a"), "2");
    states().awaitDurable(key("a"), first.revision(), SOON);
    states().awaitDurable(key("a"), second.revision(), SOON);
    states().delete(key("a"));
    states().flush(key("a"), SOON);
    assertThat(states().find(key("a"))).isEmpty();
  }

  @Test
  void aSaveCanWaitForTheDatabase() {
    SaveOptions durable = SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED);
    Versioned<Object> saved = states().save(key("a"), "1", durable);
    states().awaitDurable(key("a"), saved.revision(), Duration.ofSeconds(2));
  }

  @Test
  void aWriteThatWasNeverMadeIsNotDurable() {
    Versioned<Object> saved = states().save(key("a"), "1");
    Revision future = new Revision(saved.revision().epoch(), saved.revision().sequence() + 1_000);
    assertThatThrownBy(() -> states().awaitDurable(key("a"), future, Duration.ofMillis(300)))
        .isInstanceOf(PersistenceException.class);
  }

  @Test
  void anOrphanIsADeadLetterUntilItIsReplayed() {
    Agent late = Agent.of("contract", "registered late");
    StateKey orphan = StateKey.of(late.id(), "key");
    Versioned<Object> written = states().save(orphan, "orphan");
    assertFails(
        DataError.DEAD_LETTERED, () -> states().awaitDurable(orphan, written.revision(), SOON));
    DeadLetter letter = persistence().deadLetters().open(10).get(0);
    assertThat(letter.agent()).contains(orphan.agent());
    assertThat(letter.key()).contains("key");
    assertThat(letter.revision()).isEqualTo(written.revision());
    assertFails(
        DataError.CONSTRAINT_VIOLATION, () -> persistence().deadLetters().replay(letter.id()));

    persistence().agents().save(late);
    assertThat(persistence().deadLetters().replay(letter.id())).isTrue();
    assertThat(persistence().deadLetters().count()).isZero();
    states().awaitDurable(orphan, written.revision(), SOON);
  }

  @Test
  void noWaitEndsWellForADeadLetterHoweverOld() {
    Agent late = Agent.of("contract", "registered late");
    StateKey orphan = StateKey.of(late.id(), "key");
    Revision refused = states().save(orphan, "orphan").revision();
    assertFails(DataError.DEAD_LETTERED, () -> states().flush(orphan, SOON));
    assertFails(DataError.DEAD_LETTERED, () -> states().flush(late.id().toString(), SOON));
    SaveOptions durable = SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED);
    assertFails(DataError.DEAD_LETTERED, () -> states().save(orphan, "2", durable));

    persistence().agents().save(late);
    states().save(StateKey.of(late.id(), "other"), "good", durable);
    assertFails(DataError.DEAD_LETTERED, () -> states().flush(late.id().toString(), SOON));
    states().flush(agent().toString(), SOON);

    DeadLetters letters = persistence().deadLetters();
    assertThat(letters.replayAll(DeadLetters.Filter.all().ofAgent("nobody")).replayed()).isZero();
    assertThat(letters.replayAll(DeadLetters.Filter.all()).replayed()).isEqualTo(2);
    states().flush(late.id().toString(), SOON);
    states().awaitDurable(orphan, refused, SOON);
  }

  @Test
  void manyDeadLettersAreReplayedInOrderPastThoseThatAreStillRefused() {
    Agent late = Agent.of("contract", "registered late");
    StateKey never = StateKey.of(UUID.randomUUID(), "key");
    Versioned<Object> last = states().save(StateKey.of(late.id(), "k0"), 0);
    states().save(never, "of nobody");
    for (int i = 1; i < 450; i++) {
      last = states().save(StateKey.of(late.id(), "k" + i % 440), i);
    }
    long written = last.revision().sequence();
    DeadLetters letters = persistence().deadLetters();
    Awaitility.await()
        .atMost(SOON)
        .until(
            () ->
                letters.open(1_000).stream()
                    .anyMatch(letter -> letter.revision().sequence() == written));
    long open = letters.count();
    persistence().agents().save(late);

    DeadLetters.Replay replay = letters.replayAll(DeadLetters.Filter.all());
    assertThat(replay.replayed()).isEqualTo(open - 1);
    assertThat(replay.refused()).isEqualTo(1);
    assertThat(replay.firstRefusal().orElseThrow()).hasMessageContaining("stays open");
    assertThat(letters.count()).isEqualTo(1);
    states().flush(late.id().toString(), SOON);
    assertThat(find(StateKey.of(late.id(), "k9")).value()).isEqualTo(449);
  }

  @Test
  void aLaterSuccessClosesADeadLetter() {
    Agent late = Agent.of("contract", "registered late");
    StateKey orphan = StateKey.of(late.id(), "key");
    Versioned<Object> written = states().save(orphan, "orphan");
    assertFails(
        DataError.DEAD_LETTERED, () -> states().awaitDurable(orphan, written.revision(), SOON));
    persistence().agents().save(late);
    Versioned<Object> again = states().save(orphan, "again");
    states().awaitDurable(orphan, again.revision(), SOON);
    assertThat(persistence().deadLetters().count()).isZero();
    assertFails(DataError.NOT_FOUND, () -> persistence().deadLetters().replay(UUID.randomUUID()));
  }

  @Test
  void aRestartedRuntimeGoesOnWhereTheFirstStopped() {
    Versioned<Object> kept = states().save(key("kept"), "1");
    states().save(key("gone"), "1");
    states().delete(key("gone"));
    assertThat(persistence().close(SOON)).as("writes left behind").isZero();

    StateRepository<Object> later = open(config().build()).states(Object.class);
    assertThat(later.find(key("kept")).orElseThrow().revision()).isEqualTo(kept.revision());
    assertThat(later.find(key("gone"))).isEmpty();
    later.awaitDurable(key("kept"), kept.revision(), SOON);
    later.save(key("kept"), "2", SaveOptions.at(kept.revision()));
  }

  @Test
  void hydratingWhatIsInTheHotStoreBringsNothing() {
    Versioned<Object> saved = states().save(key("a"), "1");
    states().flush(agent().toString(), SOON);
    assertThat(states().hydrate(agent().toString())).isZero();
    assertThat(find(key("a")).revision()).isEqualTo(saved.revision());
    assertThat(states().hydrate(UUID.randomUUID().toString())).isZero();
  }

  @Test
  void sessionsLiveInTheHotStoreAlone() {
    StateRepository<Object> sessions = persistence().states(DataType.SESSION_DATA, Object.class);
    StateKey session = StateKey.of("any owner", "session");
    Versioned<Object> saved = sessions.save(session, "1");
    assertThat(sessions.find(session).orElseThrow().revision()).isEqualTo(saved.revision());
    assertThat(states().find(session)).as("another bucket").isEmpty();
    sessions.awaitDurable(session, saved.revision(), SOON);
    sessions.flush(session, SOON);
    assertThat(sessions.keys("any owner", "")).containsExactly(session);
    assertThat(persistence().deadLetters().count()).isZero();
    sessions.delete(session);
    assertThat(sessions.find(session)).isEmpty();
  }

  @Test
  void aWatchSeesTheChangesOfItsAgentByAnyRuntime() throws Exception {
    Persistence other = open(config().build());
    List<StateChangeEvent<Object>> seen = Collections.synchronizedList(new ArrayList<>());
    UUID stranger = register();
    states().save(key("before"), "not seen");
    try (AutoCloseable watch = states().watch(agent().toString(), seen::add)) {
      assertThat(watch).isNotNull();
      Versioned<Object> own = states().save(key("a"), "1");
      awaitSize(seen, 1);
      states().save(StateKey.of(stranger, "a"), "of another agent");
      Versioned<Object> theirs = other.states(Object.class).save(key("b"), "2");
      awaitSize(seen, 2);
      states().delete(key("a"));
      awaitSize(seen, 3);

      assertThat(seen)
          .extracting(StateChangeEvent::key)
          .containsExactly(key("a"), key("b"), key("a"));
      assertThat(seen.get(0).revision()).isEqualTo(own.revision());
      assertThat(seen.get(0).value().orElseThrow().value()).isEqualTo("1");
      assertThat(seen.get(1).revision()).isEqualTo(theirs.revision());
      assertThat(seen.get(2).value()).isEmpty();
      assertThat(seen.get(2).revision().isAfter(theirs.revision())).isTrue();
    }
    states().save(key("after"), "not seen");
    states().flush(agent().toString(), SOON);
    assertThat(seen).hasSize(3);
  }

  private static void awaitSize(List<StateChangeEvent<Object>> seen, int size) {
    Awaitility.await().atMost(SOON).until(() -> seen.size() >= size);
  }
}
