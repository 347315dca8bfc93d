package io.mistersmith.persistence.core;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.PersistenceProvider;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import java.util.Optional;

/** Opens this engine; found by {@link java.util.ServiceLoader}. */
public final class CorePersistenceProvider implements PersistenceProvider {

  @Override
  public Persistence open(PersistenceConfig config, Optional<StoreProvider> stores) {
    Stores opened = stores.orElseGet(NatsPostgresProvider::new).open(config);
    try {
      return new CorePersistence(config, opened);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }
}
