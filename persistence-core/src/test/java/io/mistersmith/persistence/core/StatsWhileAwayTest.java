package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.MemoryStats;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import org.junit.jupiter.api.Test;

/** Statistics and gauges while a store is away. */
class StatsWhileAwayTest {

  @Test
  void observersDoNotThrow() {
    Faults faults = new Faults(3);
    Agent agent = Agent.of("test", "tester");
    try (Persistence persistence =
        Persistence.open(
            PersistenceConfig.inMemory().build(), new FaultyStores(new InMemoryStores(), faults))) {
      persistence.agents().save(agent);
      persistence.states(Integer.class).save(StateKey.of(agent.id(), "k"), 1);
      MemoryStats before = persistence.operations().consistency().stats();
      assertThat(before.kvAnswered()).isTrue();
      assertThat(before.kvEntries()).isEqualTo(1);

      faults.hotOutage(true);
      faults.sqlOutage(true);
      MemoryStats away = persistence.operations().consistency().stats();
      assertThat(away.kvAnswered()).isFalse();
      assertThat(away.kvEntries()).as("what it was").isEqualTo(1);
      assertThat(away.sqlRows()).isEmpty();
      assertThat(persistence.operations().consistency().lag()).isNotNull();
      assertThat(persistence.operations().notices()).isNotNull();
      for (DataType type : DataType.values()) {
        assertThat(persistence.operations().cacheStats(type)).isNotNull();
      }

      faults.clear();
      assertThat(persistence.operations().consistency().stats().kvAnswered()).isTrue();
    }
  }
}
