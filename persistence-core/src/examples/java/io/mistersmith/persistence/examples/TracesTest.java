package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.metrics.PersistenceObservations;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import org.junit.jupiter.api.Test;

/** Observations of the calls into the stores, from which a tracer makes spans. */
class TracesTest {

  @Test
  void observesEachCall() {
    TestObservationRegistry registry = TestObservationRegistry.create();
    MonitoringConfig monitoring =
        MonitoringConfig.builder().observer(new PersistenceObservations(registry)).build();
    PersistenceConfig config = PersistenceConfig.inMemory().monitoring(monitoring).build();
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Agent agent = persistence.agents().save(Agent.of("planner", "Ada")).value();

      assertThat(persistence.agents().find(agent.id())).isPresent();
      TestObservationRegistryAssert.assertThat(registry)
          .hasAnObservationWithAKeyValue("db.operation.name", "AgentStore.save");
    }
  }
}
