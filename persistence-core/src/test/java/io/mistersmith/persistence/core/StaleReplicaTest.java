package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Read-your-writes over replicas of which each answers with what was before the last write. */
class StaleReplicaTest {

  private final Faults faults = new Faults(7);
  private final StoreProvider stores = new FaultyStores(new InMemoryStores(), faults);
  private final Agent agent = Agent.of("test", "tester");

  @Test
  void aReadNeverReturnsLessThanTheOwnLastWrite() throws Exception {
    faults.staleReplicas(true);
    try (Persistence persistence = Persistence.open(config(100_000), stores)) {
      persistence.agents().save(agent);
      StateRepository<Object> states = persistence.states(Object.class);
      StateKey key = StateKey.of(agent.id(), "k");
      for (int i = 0; i < 100; i++) {
        states.save(key, i);
        assertThat(states.find(key).orElseThrow().value()).isEqualTo(i);
        assertThat(states.findAsync(key).get(60, TimeUnit.SECONDS).orElseThrow().value())
            .isEqualTo(i);
        assertThat(
                states
                    .findAll(List.of(key))
                    .values()
                    .iterator()
                    .next()
                    .orElseThrow()
                    .orElseThrow()
                    .value())
            .isEqualTo(i);
      }
      states.delete(key);
      assertThat(states.find(key)).isEmpty();
    }
  }

  @Test
  void neitherDoesItWhenMoreKeysAreInUseThanAreRemembered() {
    faults.staleReplicas(true);
    try (Persistence persistence = Persistence.open(config(10), stores)) {
      persistence.agents().save(agent);
      StateRepository<Object> states = persistence.states(Object.class);
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 200; i++) {
          states.save(StateKey.of(agent.id(), "k" + i), round);
        }
        for (int i = 0; i < 200; i++) {
          assertThat(states.find(StateKey.of(agent.id(), "k" + i)).orElseThrow().value())
              .isEqualTo(round);
        }
      }
    }
  }

  /** The replica never gets any further: only memory that was loaded from the leader does. */
  @Test
  void whatAnotherProcessWroteIsNotReplacedInMemoryByWhatAReplicaHas() {
    faults.staleReplicas(true);
    try (Persistence writer = Persistence.open(config(100_000), stores);
        Persistence reader = Persistence.open(config(100_000), stores)) {
      writer.agents().save(agent);
      StateKey key = StateKey.of(agent.id(), "k");
      StateRepository<Integer> read = reader.states(Integer.class);
      for (int i = 0; i < 20; i++) {
        int value = i;
        writer.states(Integer.class).save(key, value);
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofMillis(2))
            .until(() -> isInMemory(read, key, value));
      }
    }
  }

  @Test
  void aFlushOfAnAgentWaitsForWhatAnotherProcessWrote() {
    faults.staleReplicas(true);
    PersistenceConfig late =
        config(100_000).toBuilder()
            .flush(FlushConfig.builder().maxAge(Duration.ofMinutes(1)).build())
            .build();
    try (Persistence writer = Persistence.open(late, stores);
        Persistence other = Persistence.open(late, stores);
        Stores direct = stores.open(late)) {
      writer.agents().save(agent);
      StateKey key = StateKey.of(agent.id(), "k");
      writer.states(Object.class).save(key, 1);
      other.lifecycle().flush(agent.id(), Duration.ofSeconds(15)); // and knows the position
      Revision last = writer.states(Object.class).save(key, 2).revision();
      other.lifecycle().flush(agent.id(), Duration.ofSeconds(15));
      assertThat(direct.sql().states().find(key).orElseThrow().revision()).isEqualTo(last);
    }
  }

  @Test
  void aReadNeverReturnsLessThanARowThatAnsweredInPlaceOfKv() {
    faults.staleReplicas(true);
    PersistenceConfig uncached =
        config(100_000).toBuilder()
            .cache(CacheConfig.builder().excluded(DataType.AGENT_STATE).build())
            .build();
    try (Persistence writer = Persistence.open(uncached, stores);
        Persistence reader = Persistence.open(uncached, stores)) {
      writer.agents().save(agent);
      StateKey key = StateKey.of(agent.id(), "k");
      writer.states(Object.class).save(key, 1);
      writer.states(Object.class).save(key, 2);
      writer.states(Object.class).flush(key, Duration.ofSeconds(15));
      faults.on(Call.GET).loseRequests(1);
      StateRepository<Object> read = reader.states(Object.class);
      assertThat(read.find(key).orElseThrow().layer()).isEqualTo(StorageLayer.RELATIONAL_DB);
      faults.on(Call.GET).loseRequests(0);
      assertThat(read.find(key).orElseThrow().value()).isEqualTo(2);
    }
  }

  /** The replica lags by one write, so the delete must end after its first marker. */
  @Test
  void anAgentThatThisProcessDeletedIsNotReadFromAReplica() {
    faults.staleReplicas(true);
    try (Persistence persistence = Persistence.open(config(100_000), stores)) {
      persistence.agents().save(agent);
      persistence.agents().save(agent.withStatus(Agent.Status.ACTIVE));
      faults.on(Call.PUBLISH).passNext(1).loseNextRequests(1);
      persistence.agents().deleteAll(List.of(agent.id()));
      assertThat(persistence.agents().find(agent.id())).isEmpty();
    }
  }

  @Test
  void anAgentIsNeverOlderThanTheOwnLastSaveWhenMoreAreInUseThanAreRemembered() {
    faults.staleReplicas(true);
    try (Persistence persistence = Persistence.open(config(10), stores)) {
      List<Agent> many = Stream.generate(() -> Agent.of("test", "one")).limit(50).toList();
      many.forEach(persistence.agents()::save);
      many.forEach(it -> persistence.agents().save(it.withStatus(Agent.Status.ACTIVE)));
      for (Agent it : many) {
        assertThat(persistence.agents().find(it.id()).orElseThrow().value().status())
            .isEqualTo(Agent.Status.ACTIVE);
      }
    }
  }

  private static boolean isInMemory(StateRepository<Integer> states, StateKey key, int value) {
    return states
        .find(key)
        .filter(found -> found.layer() == StorageLayer.MEMORY_CACHE && found.value() == value)
        .isPresent();
  }

  @Test
  void theFaultIsReal() {
    faults.staleReplicas(true);
    try (Persistence writer = Persistence.open(config(10), stores);
        Persistence reader = Persistence.open(config(10), stores)) {
      writer.agents().save(agent);
      StateKey key = StateKey.of(agent.id(), "k");
      writer.states(Object.class).save(key, 1);
      writer.states(Object.class).save(key, 2);
      assertThatThrownBy(
              () ->
                  assertThat(reader.states(Object.class).find(key).orElseThrow().value())
                      .isEqualTo(2))
          .isInstanceOf(AssertionError.class);
    }
  }

  private static PersistenceConfig config(int knownRevisions) {
    return PersistenceConfig.inMemory().knownRevisions(knownRevisions).build();
  }
}
