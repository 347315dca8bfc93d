package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.store.nats.NatsStore;
import io.mistersmith.persistence.core.internal.store.postgres.ApplicationSources;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresStore;
import io.mistersmith.persistence.core.internal.store.postgres.SchemaMigration;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.sql.SqlStore;
import java.util.List;
import java.util.stream.Stream;

/** The stores of production: NATS JetStream KV and PostgreSQL. */
final class NatsPostgresProvider implements StoreProvider {

  private final Services services;
  private final ApplicationSources sources;

  /** The background services of its stores report to {@code services}. */
  NatsPostgresProvider(Services services) {
    this(services, ApplicationSources.NONE);
  }

  /** Takes data sources of the application for some roles. */
  NatsPostgresProvider(Services services, ApplicationSources sources) {
    this.services = services;
    this.sources = sources;
  }

  @Override
  public Stores open(PersistenceConfig config) {
    if (config.postgres().migrateOnOpen()) {
      SchemaMigration.apply(config.postgres(), sources);
    }
    PostgresStore postgres = PostgresStore.open(config, services, sources);
    try {
      return new Opened(
          NatsStore.connect(config, postgres.sql().journals().installation(), services), postgres);
    } catch (RuntimeException | Error e) {
      postgres.close();
      throw e;
    }
  }

  /** The opened stores. */
  record Opened(NatsStore nats, PostgresStore postgres) implements Stores {

    @Override
    public HotStore hot() {
      return nats;
    }

    @Override
    public SqlStore sql() {
      return postgres.sql();
    }

    @Override
    public List<String> notices() {
      return Stream.concat(nats.notices().stream(), postgres.notices().stream()).toList();
    }

    @Override
    public Pools pools() {
      return postgres.pools();
    }

    @Override
    public void close() {
      nats.close();
      postgres.close();
    }
  }
}
