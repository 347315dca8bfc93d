package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.memory.SqlSnapshot;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The engine over in-memory stores, and the disasters that they can be made to have. */
class EngineTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final ManualClock clock = ManualClock.at(Instant.parse("2026-01-01T00:00:00Z"));
  private final InMemoryStores stores = new InMemoryStores();
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "cursor");
  private Persistence persistence = open();
  private StateRepository<Object> states = persistence.states(Object.class);

  @BeforeEach
  void register() {
    persistence.agents().save(agent);
  }

  @AfterEach
  void close() {
    persistence.close();
  }

  private Persistence open() {
    return Persistence.open(
        PersistenceConfig.inMemory()
            .clock(clock)
            .flush(
                FlushConfig.builder()
                    .idleTimeToLive(Duration.ofMinutes(30))
                    .sweepInterval(Duration.ofSeconds(30))
                    .closeDeadline(Duration.ofSeconds(2))
                    .build())
            .build(),
        stores);
  }

  private void reopen() {
    persistence.close();
    persistence = open();
    states = persistence.states(Object.class);
  }

  @Test
  void savesFindsAndFlushes() {
    Versioned<Object> saved = states.save(key, Map.of("step", 1));
    assertThat(states.find(key).orElseThrow().value()).isEqualTo(Map.of("step", 1));
    states.awaitDurable(key, saved.revision(), SOON);
    evictEverything();
    Versioned<Object> found = states.find(key).orElseThrow();
    assertThat(found.layer()).isEqualTo(StorageLayer.RELATIONAL_DB);
    assertThat(found.revision()).isEqualTo(saved.revision());
    Versioned<Object> hydrated = states.find(key).orElseThrow();
    assertThat(hydrated.layer()).isIn(StorageLayer.MEMORY_CACHE, StorageLayer.DISTRIBUTED_KV);
    assertThat(hydrated.revision()).isEqualTo(saved.revision());
  }

  @Test
  void comparesLogicalRevisionsAcrossEvictionAndHydration() {
    Revision first = states.save(key, 1).revision();
    states.awaitDurable(key, first, SOON);
    evictEverything();
    Revision second = states.save(key, 2, SaveOptions.at(first)).revision();
    states.awaitDurable(key, second, SOON);
    evictEverything();
    assertThat(states.find(key)).isPresent();
    Revision third = states.save(key, 3, SaveOptions.at(second)).revision();
    assertThat(third.isAfter(second)).isTrue();
    assertThatThrownBy(() -> states.save(key, 4, SaveOptions.at(second)))
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.VERSION_CONFLICT));
  }

  @Test
  void aDeletedKeyIsNotResurrected() {
    states.awaitDurable(key, states.save(key, 1).revision(), SOON);
    states.delete(key);
    states.flush(key, SOON);
    evictEverything();
    assertThat(states.find(key)).isEmpty();
    Revision again = states.save(key, 2, SaveOptions.ifAbsent()).revision();
    states.awaitDurable(key, again, SOON);
    evictEverything();
    assertThat(states.find(key).orElseThrow().value()).isEqualTo(2);
  }

  @Test
  void anUnregisteredAgentsEntryBecomesADeadLetterAndIsReplayed() {
    Agent stranger = Agent.of("test", "stranger");
    StateKey strange = StateKey.of(stranger.id(), "a");
    Revision bad = states.save(strange, 1).revision();
    Revision good = states.save(key, 1).revision();
    states.awaitDurable(key, good, SOON);
    assertThatThrownBy(() -> states.awaitDurable(strange, bad, SOON))
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.DEAD_LETTERED));
    assertThat(persistence.operations().deadLetters().count()).isEqualTo(1);
    evictEverything();
    assertThat(states.find(strange)).isPresent();
    persistence.agents().save(stranger);
    assertThat(
            persistence
                .operations()
                .deadLetters()
                .replay(persistence.operations().deadLetters().open(1).get(0).id()))
        .isTrue();
    states.awaitDurable(strange, bad, SOON);
  }

  @Test
  void aRecreatedBucketStartsANewEpochAndItsWritesArrive() {
    Revision before = states.save(key, "old").revision();
    states.awaitDurable(key, before, SOON);
    stores.recreate(Bucket.AGENT_STATE);
    clock.advance(Duration.ofSeconds(1));
    Versioned<Object> after = states.save(key, "new");
    assertThat(((Revision.OfJournal) after.revision()).epoch())
        .isGreaterThan(((Revision.OfJournal) before).epoch());
    states.awaitDurable(key, after.revision(), SOON);
    evictEverything();
    assertThat(states.find(key).orElseThrow().value()).isEqualTo("new");
    assertThatThrownBy(() -> states.save(key, "x", SaveOptions.at(before)))
        .isInstanceOf(PersistenceException.class);
  }

  @Test
  void aLostTailStartsANewEpochAndLosesNothingThatWasFlushed() {
    StateKey other = StateKey.of(agent.id(), "other");
    clock.advance(Duration.ofMillis(1));
    Revision kept = states.save(key, "kept").revision();
    for (int i = 0; i < 20; i++) {
      clock.advance(Duration.ofMillis(1));
      states.save(other, i);
    }
    states.flush(other, SOON);
    stores.loseTail(Bucket.AGENT_STATE, ((Revision.OfJournal) kept).sequence());
    clock.advance(Duration.ofMillis(1));
    StateKey third = StateKey.of(agent.id(), "third");
    Versioned<Object> after = states.save(third, "after the loss");
    states.awaitDurable(third, after.revision(), SOON);
    evictEverything();
    assertThat(states.find(third).orElseThrow().value()).isEqualTo("after the loss");
    assertThat(states.find(other).orElseThrow().value()).isEqualTo(19);
    assertThat(states.find(key).orElseThrow().revision()).isEqualTo(kept);
  }

  @Test
  void aDatabaseThatIsPutBackIsReadUpToDateAgain() {
    states.awaitDurable(key, states.save(key, 1).revision(), SOON);
    SqlSnapshot older = stores.snapshotSql();
    Revision second = states.save(key, 2).revision();
    states.awaitDurable(key, second, SOON);
    stores.restoreSql(older);
    StateKey other = StateKey.of(agent.id(), "other");
    Revision third = states.save(other, 3).revision();
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              reopen();
              states.awaitDurable(other, third, SOON);
              evictEverything();
              assertThat(states.find(key).orElseThrow().value()).isEqualTo(2);
            });
  }

  @Test
  void anEntryOutlivesItsRuntimeAndThePausesOfPostgres() {
    stores.sqlOutage(true);
    Revision revision = states.save(key, "waiting").revision();
    long left = persistence.close(Duration.ofMillis(200));
    assertThat(left).isGreaterThan(0);
    clock.advance(Duration.ofHours(3));
    stores.sqlOutage(false);
    persistence = open();
    states = persistence.states(Object.class);
    states.awaitDurable(key, revision, SOON);
    assertThat(states.find(key)).isPresent();
  }

  @Test
  void expiresByTheClock() {
    states.save(key, 1, SaveOptions.unconditional().withTimeToLive(Duration.ofSeconds(10)));
    assertThat(states.find(key)).isPresent();
    clock.advance(Duration.ofSeconds(10));
    assertThat(states.find(key)).isEqualTo(Optional.empty());
    assertThat(states.save(key, 2, SaveOptions.ifAbsent()).value()).isEqualTo(2);
  }

  private void evictEverything() {
    persistence.lifecycle().flush(agent.id(), SOON);
    clock.advance(Duration.ofMinutes(31));
    try (Stores probe = stores.open(PersistenceConfig.inMemory().clock(clock).build())) {
      HotBucket bucket = probe.hot().bucket(Bucket.AGENT_STATE);
      await().atMost(SOON).until(() -> bucket.reads().list(agent.id(), "").isEmpty());
    }
  }
}
