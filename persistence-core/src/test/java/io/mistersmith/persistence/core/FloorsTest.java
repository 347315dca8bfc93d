package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The floors below which no read of a process may answer, without the memory in front of them: that
 * one loads from the leader, so that what a replica says never gets as far as the floors. Each
 * replica answers with what was before a key's last write; where the test matters, PostgreSQL has
 * not got it either.
 */
class FloorsTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final InMemoryStores stores = new InMemoryStores();
  private final Faults faults = new Faults(7);
  private final ManualClock clock = ManualClock.create();
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");
  private final Persistence here = lagging();
  private final StateRepository<Integer> states = here.states(Integer.class);

  private Persistence lagging() {
    faults.staleReplicas(true);
    return open(100_000);
  }

  private Persistence open(int knownRevisions) {
    return Persistence.open(
        PersistenceConfig.inMemory()
            .clock(clock)
            .cache(CacheConfig.off())
            .knownRevisions(knownRevisions)
            .flush(FlushConfig.builder().closeDeadline(Duration.ofSeconds(2)).build())
            .build(),
        new FaultyStores(stores, faults));
  }

  @Test
  void aListSaysOfAKeyWhatThisProcessKnows() {
    states.save(key, 1);
    assertThat(states.keys(agent.id(), "")).containsExactly(key);
    states.delete(key);
    assertThat(states.keys(agent.id(), "")).isEmpty();
    states.save(key, 2);
    assertThat(states.keys(agent.id(), "")).containsExactly(key);
  }

  /** Of a key without a floor a row is no answer while a floor that was forgotten may be later. */
  @Test
  void theEntriesOfADeletedAgentsLogsPushOutNoFloors() {
    states.save(key, 1);
    states.flush(key, SOON);
    faults.staleReplicas(false);
    try (Persistence forgetful = open(10)) {
      AgentId other = forgetful.agents().save(Agent.of("test", "other")).value().id();
      for (int i = 0; i < 50; i++) {
        forgetful.log(other, "turns", Integer.class).append(i);
      }
      forgetful.lifecycle().flush(other, SOON);
      faults.on(Call.APPLY).loseRequests(1);
      forgetful.agents().delete(other);
      faults.hotOutage(true);
      assertThat(found(forgetful.states(Integer.class), key)).contains(1);
      faults.clear();
    }
  }

  @BeforeEach
  void register() {
    here.agents().save(agent);
  }

  @AfterEach
  void close() {
    faults.clear();
    here.close();
  }

  private static Optional<Integer> found(StateRepository<Integer> by, StateKey wanted) {
    return by.find(wanted).map(Versioned::value);
  }

  private static Optional<Integer> foundAsync(StateRepository<Integer> by, StateKey wanted)
      throws Exception {
    return by.findAsync(wanted).get(60, TimeUnit.SECONDS).map(Versioned::value);
  }

  private static Optional<Integer> foundAmongAll(StateRepository<Integer> by, StateKey wanted) {
    DataResult<Optional<Versioned<Integer>>> row = by.findAll(List.of(wanted)).get(wanted);
    assertThat(row).isNotNull();
    return row.orElseThrow().map(Versioned::value);
  }

  @Test
  void noReadAnswersWithLessThanTheOwnLastWrite() throws Exception {
    try (Gate flush = faults.on(Call.APPLY).pauseBefore()) {
      states.save(key, 1);
      assertThat(flush.awaitArrival(SOON)).as("nothing is flushed").isTrue();
      for (int i = 2; i < 5; i++) {
        assertThat(found(states, key)).contains(i - 1);
        assertThat(foundAsync(states, key)).contains(i - 1);
        assertThat(foundAmongAll(states, key)).contains(i - 1);
        states.save(key, i);
      }
      states.delete(key);
      assertThat(found(states, key)).isEmpty();
      assertThat(foundAsync(states, key)).isEmpty();
      assertThat(foundAmongAll(states, key)).isEmpty();
    }
  }

  @Test
  void noReadAnswersWithLessThanTheLastOne() throws Exception {
    try (Persistence elsewhere = open(100_000)) {
      StateRepository<Integer> others = elsewhere.states(Integer.class);
      others.save(key, 1);
      others.save(key, 2);
      assertThat(found(states, key)).as("the replica lags").contains(1);
      assertThatThrownBy(
              () ->
                  states.update(
                      key,
                      value -> {
                        throw new IllegalStateException("found " + value);
                      }))
          .hasMessage("found 2");
      assertThat(found(states, key)).contains(2);
      assertThat(foundAsync(states, key)).contains(2);
      assertThat(foundAmongAll(states, key)).contains(2);
    }
  }

  @Test
  void whereFloorsWereForgottenTheLeaderIsAsked() throws Exception {
    try (Persistence small = open(10);
        Gate flush = faults.on(Call.APPLY).pauseBefore()) {
      StateRepository<Integer> forgetful = small.states(Integer.class);
      for (int i = 0; i < 200; i++) {
        forgetful.save(StateKey.of(agent.id(), "k" + i), i);
      }
      assertThat(flush.awaitArrival(SOON)).as("nothing is flushed").isTrue();
      for (int i = 0; i < 200; i++) {
        assertThat(foundAmongAll(forgetful, StateKey.of(agent.id(), "k" + i))).contains(i);
      }
      for (int i = 0; i < 200; i++) {
        assertThat(found(forgetful, StateKey.of(agent.id(), "k" + i))).contains(i);
      }
      for (int i = 0; i < 200; i++) {
        assertThat(foundAsync(forgetful, StateKey.of(agent.id(), "k" + i))).contains(i);
      }
    }
  }

  @Test
  void norDoAllReadsAnswerWithLessWhereFloorsWereForgotten() {
    try (Persistence small = open(10)) {
      StateRepository<Integer> forgetful = small.states(Integer.class);
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 200; i++) {
          forgetful.save(StateKey.of(agent.id(), "k" + i), round);
        }
      }
      for (int i = 0; i < 200; i++) {
        assertThat(foundAmongAll(forgetful, StateKey.of(agent.id(), "k" + i))).contains(1);
      }
    }
  }

  private void assertRefused(ThrowingCallable read) {
    assertThatThrownBy(read)
        .isInstanceOfSatisfying(
            TransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.CONSISTENCY_VIOLATION));
  }

  private StoredState row() {
    try (Stores probe = stores.open(PersistenceConfig.inMemory().clock(clock).build())) {
      return probe.sql().states().find(key).orElseThrow();
    }
  }

  private void evict() {
    try (Stores probe = stores.open(PersistenceConfig.inMemory().clock(clock).build())) {
      HotBucket bucket = probe.hot().bucket(Bucket.AGENT_STATE);
      bucket.writes().evict(bucket.journal().subject(key), Long.MAX_VALUE).join();
    }
  }

  private void saveDurably(int value) {
    Revision revision = states.save(key, value).revision();
    states.awaitDurable(key, revision, SOON);
  }

  @Test
  void aRowThatWentBackIsNoAnswer() {
    saveDurably(1);
    StoredState first = row();
    saveDurably(2);
    evict();
    stores.tamper(key, row -> Optional.of(first));
    assertRefused(() -> states.find(key));
    assertRefused(() -> foundAmongAll(states, key));
  }

  @Test
  void norIsOneThatWentBackSinceItWasRead() {
    faults.staleReplicas(false);
    saveDurably(1);
    StoredState first = row();
    saveDurably(2);
    evict();
    try (Persistence elsewhere = open(100_000)) {
      StateRepository<Integer> others = elsewhere.states(Integer.class);
      faults.on(Call.PUBLISH).loseNextRequests(3);
      assertThat(found(others, key)).as("not hydrated").contains(2);
      stores.tamper(key, row -> Optional.of(first));
      assertRefused(() -> others.find(key));
    }
  }

  @Test
  void aStreamThatWentBackTakesItsFloorsWithIt() throws Exception {
    faults.staleReplicas(false);
    Revision kept = states.save(key, 1).revision();
    states.awaitDurable(key, kept, SOON);
    try (Gate flush = faults.on(Call.APPLY).pauseBefore()) {
      states.save(key, 2);
      assertThat(flush.awaitArrival(SOON)).isTrue();
      clock.advance(Duration.ofSeconds(1));
      stores.loseTail(Bucket.AGENT_STATE, ((Revision.OfJournal) kept).sequence());
      assertThat(found(states, key)).contains(1);
    }
  }
}
