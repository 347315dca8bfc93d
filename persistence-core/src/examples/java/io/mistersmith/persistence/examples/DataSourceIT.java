package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.ApplicationDataSources;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** Callers' reads and writes use the pool that the application has already. */
class DataSourceIT {

  private final PostgresServer postgres = TestServers.postgres();
  private final NatsServer nats = TestServers.nats();

  private static Persistence open(PersistenceConfig config, DataSource applicationPool) {
    return ApplicationDataSources.of(PostgresRole.PRIMARY, applicationPool)
        .and(PostgresRole.BACKGROUND, applicationPool)
        .open(config); // the flush keeps two connections of its own
  }

  @Test
  void sharesThePoolOfTheApplication() {
    PostgresConfig.Builder database =
        PostgresConfig.builder(postgres.jdbcUrl(), postgres.user()).migrateOnOpen();
    postgres.password().ifPresent(database::password);
    NatsConfig hot = NatsConfig.builder(nats.url().split(",")).namePrefix("example-ds-").build();
    try (HikariDataSource pool = new HikariDataSource()) {
      pool.setJdbcUrl(postgres.jdbcUrl());
      pool.setUsername(postgres.user());
      postgres.password().ifPresent(pool::setPassword);
      try (Persistence persistence =
          open(PersistenceConfig.builder(hot, database.build()).build(), pool)) {
        Agent agent = Agent.of("worker", "shares a pool");
        assertThat(persistence.agents().save(agent)).isNotNull();
        assertThat(persistence.operations().notices())
            .anyMatch(notice -> notice.contains("the application's data source"));
      }
      assertThat(pool.isClosed()).isFalse();
    }
  }
}
