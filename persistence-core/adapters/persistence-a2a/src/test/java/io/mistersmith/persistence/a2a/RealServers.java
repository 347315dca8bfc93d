package io.mistersmith.persistence.a2a;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;

/** Two runtimes on the servers that all tests of the JVM share. They end with the JVM. */
final class RealServers {

  private static final Persistence RUNTIME = open();
  private static Persistence another = open();

  private RealServers() {}

  static Persistence runtime() {
    return RUNTIME;
  }

  static synchronized Persistence another() {
    return another;
  }

  static synchronized Persistence restarted() {
    another.close();
    another = open();
    return another;
  }

  private static Persistence open() {
    PostgresServer postgres = TestServers.postgres();
    NatsServer nats = TestServers.nats();
    PostgresConfig.Builder database =
        PostgresConfig.builder(postgres.jdbcUrl(), postgres.user()).migrateOnOpen();
    postgres.password().ifPresent(database::password);
    NatsConfig hot = NatsConfig.builder(nats.url().split(",")).namePrefix("a2a-").build();
    return Persistence.open(PersistenceConfig.builder(hot, database.build()).build());
  }
}
