package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.LifecycleState;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.operations.Operations.CacheStats;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The memory of this process (L1) in the engine: what it answers, and what it must not answer. */
class CacheTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final InMemoryStores stores = new InMemoryStores();
  private final Faults faults = new Faults(11);
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");
  private Persistence persistence;
  private StateRepository<Integer> states;

  @BeforeEach
  void open() {
    persistence =
        Persistence.open(PersistenceConfig.inMemory().build(), new FaultyStores(stores, faults));
    persistence.agents().save(agent);
    states = persistence.states(Integer.class);
  }

  @AfterEach
  void close() {
    faults.clear();
    persistence.close();
  }

  @Test
  void aSecondReadIsAnsweredFromMemory() {
    states.save(key, 1);
    Versioned<Integer> cached = untilCached(key);
    assertThat(cached.value()).isEqualTo(1);
    assertThat(states.find(key)).containsSame(cached);
    assertThat(stats().hits()).isPositive();
  }

  @Test
  void anOwnWriteIsSeenAtOnce() {
    states.save(key, 0);
    for (int i = 1; i < 200; i++) {
      untilCached(key);
      states.save(key, i);
      assertThat(states.find(key).orElseThrow().value()).isEqualTo(i);
    }
    states.delete(key);
    assertThat(states.find(key)).isEmpty();
  }

  @Test
  void anotherProcessesWriteIsSeenWhenTheWatchDeliversIt() {
    try (Persistence other = Persistence.open(PersistenceConfig.inMemory().build(), stores)) {
      states.save(key, 0);
      for (int i = 1; i < 50; i++) {
        untilCached(key);
        other.states(Integer.class).save(key, i);
        int expected = i;
        Awaitility.await()
            .atMost(SOON)
            .pollInterval(Duration.ofMillis(1))
            .until(() -> states.find(key).orElseThrow().value() == expected);
      }
    }
  }

  private Versioned<Integer> untilCached(StateKey wanted) {
    return untilCached(states, wanted);
  }

  private static Versioned<Integer> untilCached(StateRepository<Integer> states, StateKey wanted) {
    return Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> states.find(wanted).orElseThrow(),
            found -> found.layer() == StorageLayer.MEMORY_CACHE);
  }

  private CacheStats stats() {
    return persistence.operations().cacheStats(DataType.AGENT_STATE).orElseThrow();
  }

  @Test
  void anAgentThatIsReadFromMemoryAloneIsNotIdle() {
    ManualClock clock = ManualClock.create();
    PersistenceConfig config =
        PersistenceConfig.inMemory()
            .clock(clock)
            .cache(CacheConfig.builder().timeToLive(Duration.ofDays(1)).build())
            .flush(
                FlushConfig.builder()
                    .idleTimeToLive(Duration.ofMinutes(30))
                    .sweepInterval(Duration.ofMillis(20))
                    .build())
            .build();
    try (Persistence runtime = Persistence.open(config, new InMemoryStores())) {
      Agent idle = Agent.of("test", "idle");
      runtime.agents().save(agent);
      runtime.agents().save(idle);
      StateRepository<Integer> numbers = runtime.states(Integer.class);
      numbers.save(key, 1);
      numbers.save(StateKey.of(idle.id(), "k"), 1);
      untilCached(numbers, key);
      clock.advance(Duration.ofMinutes(20));
      assertThat(numbers.find(key).orElseThrow().layer()).isEqualTo(StorageLayer.MEMORY_CACHE);
      clock.advance(Duration.ofMinutes(20));
      Awaitility.await()
          .atMost(SOON)
          .until(() -> runtime.lifecycle().state(idle.id()) == LifecycleState.COLD);
      assertThat(runtime.lifecycle().state(agent.id())).isEqualTo(LifecycleState.ACTIVE);
    }
  }

  /** The runtime that hydrates may have been held up; the flush removes outdated entries. */
  @Test
  void anOutdatedHydrationIsNotKeptForLong() throws Exception {
    ManualClock clock = ManualClock.at(Instant.now());
    PersistenceConfig config = PersistenceConfig.inMemory().clock(clock).build();
    HotBucket bucket = stores.open(config).hot().bucket(Bucket.AGENT_STATE);
    Revision outdated = states.save(key, 1).revision();
    Revision latest = states.save(key, 2).revision();
    states.awaitDurable(key, latest, SOON);
    bucket.writes().evict(bucket.journal().subject(key), Long.MAX_VALUE).get(60, TimeUnit.SECONDS);
    try (Persistence reader = Persistence.open(config, new FaultyStores(stores, faults));
        Gate removal = faults.on(Call.EVICT).pauseBefore()) {
      bucket
          .writes()
          .publish(
              key,
              Operation.PUT,
              "1".getBytes(StandardCharsets.UTF_8),
              EntryMetadata.hydrated((Revision.OfJournal) outdated, Optional.empty()),
              HotWrites.NONE);
      assertThat(removal.awaitArrival(SOON)).isTrue();
      StateRepository<Integer> read = reader.states(Integer.class);
      assertThat(untilCached(read, key).value()).isEqualTo(1);
      removal.release();
      Awaitility.await()
          .atMost(SOON)
          .until(() -> bucket.reads().get(key, ReadFrom.LEADER).isEmpty());
      clock.advance(config.cache().negativeTimeToLive());
      assertThat(read.find(key).orElseThrow().value()).isEqualTo(2);
    }
  }
}
