package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.metrics.PersistenceMetrics;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.MemoryStats;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How far the two memories are apart, whether they agree, and what holds writes back. */
class ConsistencyTest {

  @Test
  void tellsHowFarTheStoresAreApart() {
    MeterRegistry registry = new SimpleMeterRegistry();
    PersistenceMetrics metrics = new PersistenceMetrics(registry);
    PersistenceConfig config =
        PersistenceConfig.inMemory()
            .backpressure(BackpressureConfig.block(Duration.ofSeconds(5)))
            .listener(metrics)
            .build();
    try (Persistence persistence = Persistence.open(config, new InMemoryStores());
        metrics) {
      metrics.bind(persistence, Duration.ofSeconds(10));
      Agent agent = persistence.agents().save(Agent.of("planner", "Ada")).value();
      persistence.states(String.class).save(StateKey.of(agent.id(), "plan"), "by train");
      persistence.lifecycle().flush(agent.id(), Duration.ofSeconds(10));

      MemoryStats stats = persistence.operations().consistency().stats();
      ConsistencyReport report =
          persistence.operations().consistency().check(CheckScope.everything());

      assertThat(stats.dirtyEntries()).isZero();
      assertThat(stats.sqlRows()).hasValue(1);
      assertThat(report.isConsistent()).isTrue();
      assertThat(registry.get("persistence.flush.rows").counter().count()).isEqualTo(1);
    }
  }
}
