package io.mistersmith.persistence.core;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.PersistenceProvider;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.base.SteadyClock;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import java.util.Optional;

/** Opens this engine; found by {@link java.util.ServiceLoader}. */
public final class CorePersistenceProvider implements PersistenceProvider {

  @Override
  public Persistence open(PersistenceConfig config, Optional<StoreProvider> stores) {
    PersistenceConfig steady = config.toBuilder().clock(SteadyClock.of(config.clock())).build();
    ServiceHealth health = new ServiceHealth(config.listener());
    Stores opened = stores.orElseGet(() -> new NatsPostgresProvider(health)).open(steady);
    try {
      return new CorePersistence(steady, opened, health);
    } catch (RuntimeException | Error e) {
      opened.close();
      throw e;
    }
  }
}
