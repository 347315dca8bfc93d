package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.junit.PersistenceExtension;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Races and losses that real servers only have by chance, brought about on purpose. */
@ExtendWith(PersistenceExtension.class)
class EngineFaultsTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");

  @Test
  void aLateAcknowledgementOfADeletedBucketStartsNoEpoch(
      Persistence persistence, InMemoryStores stores, ManualClock clock, Faults faults)
      throws Exception {
    persistence.agents().save(agent);
    StateRepository<Object> states = persistence.states(Object.class);
    for (int i = 0; i < 20; i++) {
      states.save(key, i);
    }
    CompletableFuture<Versioned<Object>> late;
    try (Gate beforeAnswer = faults.on(Call.PUBLISH).pauseAfter()) {
      late = CompletableFuture.supplyAsync(() -> states.save(key, "gone"));
      beforeAnswer.awaitArrival(SOON);
      clock.advance(Duration.ofSeconds(1));
      stores.recreate(Bucket.AGENT_STATE);
      Revision first = states.save(key, "new").revision();
      assertThat(epochOf(first)).isEqualTo(2);
      beforeAnswer.release();
    }
    assertThatThrownBy(() -> late.get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(TransientPersistenceException.class)
        .hasMessageContaining("write again");
    Revision next = states.save(key, "newer").revision();
    states.awaitDurable(key, next, SOON);
    assertThat(epochOf(next)).as("epoch").isEqualTo(2);
    assertThat(epochOf(states.save(key, "newest").revision())).as("epoch").isEqualTo(2);
  }

  @Test
  void aWriteToARecreatedBucketIsNotDeniedWhilePostgreSqlIsAway(
      Persistence persistence, InMemoryStores stores, ManualClock clock, Faults faults) {
    persistence.agents().save(agent);
    StateRepository<Object> states = persistence.states(Object.class);
    for (int i = 0; i < 20; i++) {
      states.awaitDurable(key, states.save(key, i).revision(), SOON);
    }
    await()
        .atMost(SOON)
        .until(() -> states.find(key).orElseThrow().layer() == StorageLayer.MEMORY_CACHE);
    clock.advance(Duration.ofSeconds(1));
    stores.recreate(Bucket.AGENT_STATE);
    faults.sqlOutage(true);
    assertThatThrownBy(() -> states.save(key, "new"))
        .isInstanceOf(TransientPersistenceException.class)
        .extracting(failure -> ((PersistenceException) failure).error())
        .isEqualTo(DataError.OUTCOME_UNKNOWN);
    assertThatThrownBy(() -> states.find(key))
        .as("nothing older from memory")
        .isInstanceOf(TransientPersistenceException.class);
    faults.sqlOutage(false);
    await().atMost(SOON).until(() -> states.find(key).orElseThrow().value().equals("new"));
  }

  @Test
  void aPausedHydratorNeitherOverwritesAWriteNorBringsBackAnOldValue(
      Persistence persistence, InMemoryStores stores, ManualClock clock, Faults faults)
      throws Exception {
    persistence.agents().save(agent);
    StateRepository<Object> states = persistence.states(Object.class);
    states.save(key, "old");
    evict(persistence, stores, clock);

    CompletableFuture<Optional<Versioned<Object>>> reading;
    Revision newer;
    try (Gate beforeHydration = faults.on(Call.PUBLISH).pauseBefore()) {
      reading = CompletableFuture.supplyAsync(() -> states.find(key));
      beforeHydration.awaitArrival(SOON);
      newer = states.save(key, "new").revision();
      evict(persistence, stores, clock);
      beforeHydration.release();
      reading.get(60, TimeUnit.SECONDS);
    }
    try (Stores probe = stores.open(PersistenceConfig.inMemory().clock(clock).build())) {
      await()
          .atMost(SOON)
          .until(
              () ->
                  probe
                      .hot()
                      .bucket(Bucket.AGENT_STATE)
                      .reads()
                      .get(key, ReadFrom.LEADER)
                      .flatMap(entry -> entry.metadata().hydrated())
                      .map(revision -> revision.equals(newer))
                      .orElse(true));
    }
    assertThat(states.find(key).orElseThrow().value()).isEqualTo("new");
  }

  @Test
  void aPausedHydratorDoesNotUndoADelete(
      Persistence persistence, InMemoryStores stores, ManualClock clock, Faults faults)
      throws Exception {
    persistence.agents().save(agent);
    StateRepository<Object> states = persistence.states(Object.class);
    states.save(key, "old");
    evict(persistence, stores, clock);
    try (Gate beforeHydration = faults.on(Call.PUBLISH).pauseBefore()) {
      CompletableFuture<Optional<Versioned<Object>>> reading =
          CompletableFuture.supplyAsync(() -> states.find(key));
      beforeHydration.awaitArrival(SOON);
      states.delete(key);
      beforeHydration.release();
      assertThat(reading.get(60, TimeUnit.SECONDS)).isEmpty();
    }
    assertThat(states.find(key)).isEmpty();
  }

  @Test
  void aWaitForDurabilityAsksAgainWhileTheDeadLettersCannotBeRead(
      Persistence persistence, Faults faults) {
    persistence.agents().save(agent);
    StateRepository<Object> states = persistence.states(Object.class);
    Revision revision = states.save(key, "kept").revision();
    states.awaitDurable(key, revision, SOON);
    faults.on(Call.SQL_READ).loseNextRequests(3);
    states.awaitDurable(key, revision, SOON);
    faults.on(Call.SQL_READ).loseRequests(1);
    assertThatThrownBy(() -> states.awaitDurable(key, revision, Duration.ofMillis(200)))
        .as("until its deadline")
        .isInstanceOf(TransientPersistenceException.class);
  }

  @Test
  void aCommitWhoseAnswerWasLostIsNotAppliedTwice(Persistence persistence, Faults faults) {
    persistence.agents().save(agent);
    StateRepository<Object> states = persistence.states(Object.class);
    faults.on(Call.APPLY).loseNextAcknowledgements(3);
    for (int i = 0; i < 10; i++) {
      Revision revision = states.save(key, i).revision();
      states.awaitDurable(key, revision, SOON);
    }
    assertThat(states.find(key).orElseThrow().value()).isEqualTo(9);
  }

  @Test
  void aFlusherThatIsHeldBeforeItsTransactionIsRefusedAfterAnotherFlushed(
      Persistence persistence, InMemoryStores stores, ManualClock clock, Faults faults)
      throws Exception {
    persistence.agents().save(agent);
    StateRepository<Object> states = persistence.states(Object.class);
    Revision first;
    try (Gate beforeApply = faults.on(Call.APPLY).pauseBefore()) {
      first = states.save(key, "first").revision();
      beforeApply.awaitArrival(SOON);
      clock.advance(Duration.ofMinutes(1)); // past the lease
      try (Persistence other =
          Persistence.open(PersistenceConfig.inMemory().clock(clock).build(), stores)) {
        StateRepository<Object> others = other.states(Object.class);
        Revision second = others.save(key, "second", SaveOptions.at(first)).revision();
        others.awaitDurable(key, second, SOON);
      }
      beforeApply.release();
    }
    Revision third = states.save(StateKey.of(agent.id(), "other"), 3).revision();
    states.awaitDurable(StateKey.of(agent.id(), "other"), third, SOON);
    evict(persistence, stores, clock);
    assertThat(states.find(key).orElseThrow().value()).isEqualTo("second");
  }

  @Test
  void whoWaitsForADeadFlusherStandsInForItBeforeItsLeaseRunsOut(
      Persistence persistence, InMemoryStores stores, ManualClock clock, Faults faults)
      throws Exception {
    persistence.agents().save(agent);
    try (Gate beforeApply = faults.on(Call.APPLY).pauseBefore();
        Persistence other =
            Persistence.open(PersistenceConfig.inMemory().clock(clock).build(), stores)) {
      StateRepository<Object> others = other.states(Object.class);
      Revision revision = others.save(key, 1).revision();
      beforeApply.awaitArrival(SOON); // the clock does not move, so the lease of its holder lasts
      others.awaitDurable(key, revision, SOON);
      beforeApply.release();
    }
  }

  @Test
  void aWriteWhoseAcknowledgementWasLostFailsAsTransient(Persistence persistence, Faults faults) {
    persistence.agents().save(agent);
    StateRepository<Object> states = persistence.states(Object.class);
    faults.on(Call.PUBLISH).loseNextAcknowledgements(1);
    assertThatThrownBy(() -> states.save(key, 1))
        .isInstanceOfSatisfying(
            PersistenceException.class, e -> assertThat(e.isTransient()).isTrue());
    assertThat(states.find(key).orElseThrow().value()).isEqualTo(1);
  }

  @Test
  void anUpdateThatLosesAFewTimesSucceeds(Persistence persistence, Faults faults) {
    persistence.agents().save(agent);
    StateRepository<Object> states = persistence.states(Object.class);
    states.save(key, 1);
    faults.on(Call.PUBLISH).conflictNext(5);
    assertThat(states.update(key, value -> (Integer) value + 1).value()).isEqualTo(2);
  }

  private void evict(Persistence persistence, InMemoryStores stores, ManualClock clock) {
    persistence.lifecycle().flush(agent.id(), SOON);
    clock.advance(Duration.ofMinutes(31));
    try (Stores probe = stores.open(PersistenceConfig.inMemory().clock(clock).build())) {
      await()
          .atMost(SOON)
          .until(
              () -> probe.hot().bucket(Bucket.AGENT_STATE).reads().list(agent.id(), "").isEmpty());
    }
  }

  private static long epochOf(Revision revision) {
    return ((Revision.OfJournal) revision).epoch();
  }
}
