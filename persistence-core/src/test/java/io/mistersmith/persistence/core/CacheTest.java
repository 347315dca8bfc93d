package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.StorageLayer;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.monitor.CacheStats;
import io.mistersmith.persistence.repository.StateRepository;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The memory of this process (L1) in the engine: what it answers, and what it must not answer. */
class CacheTest {

  private static final Duration SOON = Duration.ofSeconds(15);

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
    return Awaitility.await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> states.find(wanted).orElseThrow(),
            found -> found.layer() == StorageLayer.MEMORY_CACHE);
  }

  private CacheStats stats() {
    return persistence.cacheStats(DataType.AGENT_STATE).orElseThrow();
  }
}
