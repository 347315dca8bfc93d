package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.PoolSizing;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import org.junit.jupiter.api.Test;

/** A pool is resized while the runtime is open. */
class PoolSizesIT {

  @Test
  void aPoolIsResizedAsAdvised() {
    PostgresServer postgres = TestServers.postgres();
    NatsServer nats = TestServers.nats();
    String url = postgres.createDatabase("pools_" + ProcessHandle.current().pid());
    PostgresConfig.Builder database = PostgresConfig.builder(url, postgres.user()).migrateOnOpen();
    postgres.password().ifPresent(database::password);
    NatsConfig hot = NatsConfig.builder(nats.url().split(",")).namePrefix("pools-").build();
    try (Persistence persistence =
        Persistence.open(PersistenceConfig.builder(hot, database.build()).build())) {
      persistence.agents().save(Agent.of("planner", "Ada"));

      Pools pools = persistence.operations().pools();
      PoolSizing.Advice advice = pools.advice(PostgresRole.PRIMARY, 40); // for the load as measured
      pools.resize(PostgresRole.PRIMARY, advice.maxConnections());

      assertThat(advice.reason()).contains("raised to 10, the least for 40 agents");
      assertThat(pools.stats())
          .extracting(Pools.Stats::name)
          .containsExactly("primary", "background", "flush");
      assertThat(pools.stats().get(0).size()).isEqualTo(10);
    }
  }
}
