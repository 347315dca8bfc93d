package io.mistersmith.persistence.springai;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Stores for a test, and the runtimes over them, each as another process has one. */
final class Memories implements AutoCloseable {

  private final Supplier<Persistence> opening;
  private final List<Persistence> opened = new ArrayList<>();

  private Memories(Supplier<Persistence> opening) {
    this.opening = opening;
  }

  static Memories inMemory() {
    StoreProvider stores = new InMemoryStores();
    return new Memories(() -> Persistence.open(PersistenceConfig.inMemory().build(), stores));
  }

  static Memories onServers() {
    PostgresServer postgres = TestServers.postgres();
    NatsServer nats = TestServers.nats();
    PostgresConfig.Builder database =
        PostgresConfig.builder(postgres.jdbcUrl(), postgres.user()).migrateOnOpen();
    postgres.password().ifPresent(database::password);
    NatsConfig hot = NatsConfig.builder(nats.url().split(",")).namePrefix("spring-ai-").build();
    PersistenceConfig config = PersistenceConfig.builder(hot, database.build()).build();
    return new Memories(() -> Persistence.open(config));
  }

  /** Opens a runtime over the stores, which is closed with them. */
  Persistence open() {
    Persistence persistence = opening.get();
    opened.add(persistence);
    return persistence;
  }

  @Override
  public void close() {
    opened.forEach(Persistence::close);
  }
}
