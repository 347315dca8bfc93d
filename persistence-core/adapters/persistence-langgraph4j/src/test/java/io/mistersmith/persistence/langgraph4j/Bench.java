package io.mistersmith.persistence.langgraph4j;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.util.function.Supplier;

/** Stores that tests share, and runtimes over them: a second one stands for another process. */
final class Bench implements AutoCloseable {

  private final Supplier<Persistence> opener;
  private final Persistence shared;
  private final Persistence other;

  private Bench(Supplier<Persistence> opener) {
    this.opener = opener;
    this.shared = opener.get();
    this.other = opener.get();
  }

  static Bench inMemory() {
    InMemoryStores stores = new InMemoryStores();
    return new Bench(() -> Persistence.open(PersistenceConfig.inMemory().build(), stores));
  }

  static Bench onServers() {
    PostgresServer postgres = TestServers.postgres();
    PostgresConfig.Builder database =
        PostgresConfig.builder(postgres.jdbcUrl(), postgres.user()).migrateOnOpen();
    postgres.password().ifPresent(database::password);
    NatsConfig hot =
        NatsConfig.builder(TestServers.nats().url().split(",")).namePrefix("langgraph4j-").build();
    PersistenceConfig config = PersistenceConfig.builder(hot, database.build()).build();
    return new Bench(() -> Persistence.open(config));
  }

  /** Returns the runtime that tests share. */
  Persistence persistence() {
    return shared;
  }

  /** Returns a second runtime that tests share. */
  Persistence other() {
    return other;
  }

  /** Opens a third runtime, which the caller closes. */
  Persistence open() {
    return opener.get();
  }

  @Override
  public void close() {
    other.close();
    shared.close();
  }
}
