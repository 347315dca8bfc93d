package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateRepository.StateChangeEvent;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of flushing, waiting for it, dead letters, restarts and watches. */
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
  void aStepLeavesOutASaveThatItRefused() {
    StateType<String> session = StateType.of("session", String.class).in(DataType.SESSION_DATA);
    SaveOptions durable = SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED);
    Step step = persistence().step().save(session, key("taken"), "x");
    assertFails(DataError.MISCONFIGURED, () -> step.save(session, key("refused"), "x", durable));
    step.commit();
    assertThat(persistence().states(session).find(key("taken"))).isPresent();
    assertThat(persistence().states(session).find(key("refused"))).isEmpty();
  }

  @Test
  void aWriteThatWasNeverMadeIsNotDurable() {
    Versioned<Object> saved = states().save(key("a"), "1");
    Revision.OfJournal made = (Revision.OfJournal) saved.revision();
    Revision future = new Revision.OfJournal(made.epoch(), made.sequence() + 1_000);
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
    DeadLetter letter = persistence().operations().deadLetters().open(10).get(0);
    assertThat(letter.key()).contains(orphan);
    assertThat(letter.revision()).isEqualTo(written.revision());
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> persistence().operations().deadLetters().replay(letter.id()));

    persistence().agents().save(late);
    assertThat(persistence().operations().deadLetters().replay(letter.id())).isTrue();
    assertThat(persistence().operations().deadLetters().count()).isZero();
    states().awaitDurable(orphan, written.revision(), SOON);
  }

  @Test
  void noWaitEndsWellForADeadLetterHoweverOld() {
    Agent late = Agent.of("contract", "registered late");
    StateKey orphan = StateKey.of(late.id(), "key");
    Revision refused = states().save(orphan, "orphan").revision();
    assertFails(DataError.DEAD_LETTERED, () -> states().flush(orphan, SOON));
    assertFails(DataError.DEAD_LETTERED, () -> persistence().lifecycle().flush(late.id(), SOON));
    SaveOptions durable = SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED);
    assertFails(DataError.DEAD_LETTERED, () -> states().save(orphan, "2", durable));

    persistence().agents().save(late);
    states().save(StateKey.of(late.id(), "other"), "good", durable);
    assertFails(DataError.DEAD_LETTERED, () -> persistence().lifecycle().flush(late.id(), SOON));
    persistence().lifecycle().flush(agent(), SOON);

    DeadLetters letters = persistence().operations().deadLetters();
    assertThat(
            letters
                .replayAll(DeadLetters.Filter.all().ofAgent(AgentId.external("nobody")))
                .replayed())
        .isZero();
    assertThat(letters.replayAll(DeadLetters.Filter.all()).replayed()).isEqualTo(2);
    persistence().lifecycle().flush(late.id(), SOON);
    states().awaitDurable(orphan, refused, SOON);
  }

  @Test
  void manyDeadLettersAreReplayedInOrderPastThoseThatAreStillRefused() {
    Agent late = Agent.of("contract", "registered late");
    StateKey never = StateKey.of(AgentId.random(), "key");
    Versioned<Object> last = states().save(StateKey.of(late.id(), "k0"), 0);
    states().save(never, "of nobody");
    for (int i = 1; i < 450; i++) {
      last = states().save(StateKey.of(late.id(), "k" + i % 440), i);
    }
    Revision written = last.revision();
    DeadLetters letters = persistence().operations().deadLetters();
    Awaitility.await()
        .atMost(SOON)
        .until(
            () ->
                letters.open(1_000).stream().anyMatch(letter -> letter.revision().equals(written)));
    long open = letters.count();
    persistence().agents().save(late);

    DeadLetters.Replay replay = letters.replayAll(DeadLetters.Filter.all());
    assertThat(replay.replayed()).isEqualTo(open - 1);
    assertThat(replay.refused()).isEqualTo(1);
    assertThat(replay.firstRefusal().orElseThrow()).hasMessageContaining("stays open");
    assertThat(letters.count()).isEqualTo(1);
    persistence().lifecycle().flush(late.id(), SOON);
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
    assertThat(persistence().operations().deadLetters().count()).isZero();
    assertFails(
        DataError.NOT_FOUND,
        () -> persistence().operations().deadLetters().replay(UUID.randomUUID()));
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
    persistence().lifecycle().flush(agent(), SOON);
    assertThat(persistence().lifecycle().hydrate(agent()).brought()).isZero();
    assertThat(find(key("a")).revision()).isEqualTo(saved.revision());
    assertThat(persistence().lifecycle().hydrate(AgentId.random()).brought()).isZero();
  }

  @Test
  void sessionsLiveInTheHotStoreAlone() {
    StateRepository<Object> sessions =
        persistence().states(StateType.untyped(Object.class).in(DataType.SESSION_DATA));
    StateKey session = StateKey.of(AgentId.external("any owner"), "session");
    Versioned<Object> saved = sessions.save(session, "1");
    assertThat(sessions.find(session).orElseThrow().revision()).isEqualTo(saved.revision());
    assertThat(states().find(session)).as("another bucket").isEmpty();
    assertThat(sessions.keys(AgentId.external("any owner"), "")).containsExactly(session);
    assertThat(persistence().operations().deadLetters().count()).isZero();
    sessions.delete(session);
    assertThat(sessions.find(session)).isEmpty();
  }

  @Test
  void aCommitOfWhatIsInKvAloneIsRefusedNotGranted() {
    StateType<Object> type = StateType.untyped(Object.class).in(DataType.SESSION_DATA);
    ConflictRules<Object> rules = ConflictRules.of(ConflictResolver.lastWriteWins());
    SaveOptions committed =
        SaveOptions.unconditional().withDurability(SaveOptions.Durability.SQL_COMMITTED);
    StateKey key = StateKey.of(AgentId.external("any owner"), "session");
    for (StateType<Object> each : List.of(type, type.withRules(rules))) {
      StateRepository<Object> sessions = persistence().states(each);

      refusesACommit(() -> sessions.save(key, "1", committed));
      refusesACommit(() -> joined(sessions.saveAsync(key, "1", committed)));
      assertThat(sessions.find(key)).as("nothing was written").isEmpty();
      Revision revision = sessions.save(key, "1").revision();
      refusesACommit(() -> sessions.awaitDurable(key, revision, SOON));
      refusesACommit(() -> sessions.flush(key, SOON));
      sessions.delete(key);
    }
  }

  private static void refusesACommit(ThrowingCallable call) {
    assertThatExceptionOfType(NonTransientPersistenceException.class)
        .isThrownBy(call)
        .withMessageContaining("KV alone")
        .extracting(NonTransientPersistenceException::error)
        .isEqualTo(DataError.MISCONFIGURED);
  }

  private static void joined(CompletableFuture<?> future) throws Throwable {
    try {
      future.get(SOON.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw Objects.requireNonNull(e.getCause());
    }
  }

  @Test
  void aWatchSeesTheChangesOfItsAgentByAnyRuntime() throws Exception {
    Persistence other = open(config().build());
    List<StateChangeEvent<Object>> seen = Collections.synchronizedList(new ArrayList<>());
    AgentId stranger = register();
    states().save(key("before"), "not seen");
    try (StateRepository.Watch watch = states().watch(agent(), seen::add)) {
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
    persistence().lifecycle().flush(agent(), SOON);
    assertThat(seen).hasSize(3);
  }

  private static void awaitSize(List<StateChangeEvent<Object>> seen, int size) {
    Awaitility.await().atMost(SOON).until(() -> seen.size() >= size);
  }
}
