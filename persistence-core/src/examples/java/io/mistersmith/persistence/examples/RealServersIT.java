package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.testkit.SharedStores;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import org.junit.jupiter.api.Test;

/** Tests against real servers. */
class RealServersIT {

  @Test
  void registersAnAgent() {
    PostgresServer postgres = TestServers.postgres(); // shared by the JVM, and ended with it
    NatsServer nats = TestServers.nats();
    PostgresConfig.Builder database =
        PostgresConfig.builder(postgres.jdbcUrl(), postgres.user()).migrateOnOpen();
    postgres.password().ifPresent(database::password);
    NatsConfig hot = NatsConfig.builder(nats.url().split(",")).namePrefix("example-").build();
    try (Persistence persistence =
        Persistence.open(PersistenceConfig.builder(hot, database.build()).build())) {
      Agent agent = persistence.agents().save(Agent.of("planner", "Ada")).value();
      assertThat(persistence.agents().find(agent.id())).isPresent();
      persistence.agents().delete(agent.id());
    }
  }

  @Test
  void readsWhatAnotherProcessHasSaved() {
    try (SharedStores stores = SharedStores.onServers("example-")) { // or inMemory()
      Agent agent = stores.runtime().agents().save(Agent.of("planner", "Ada")).value();
      assertThat(stores.another().agents().find(agent.id())).isPresent();
      stores.runtime().agents().delete(agent.id());
    }
  }
}
