package io.mistersmith.persistence;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.StoreProvider;
import java.util.Optional;

/**
 * The engine's way in, found by {@link java.util.ServiceLoader} as JPA and JSR 107 find theirs.
 * Applications call {@link Persistence#open} instead.
 */
public interface PersistenceProvider {

  /**
   * Opens an engine.
   *
   * @param stores the stores to run on; empty for NATS and PostgreSQL as configured
   */
  Persistence open(PersistenceConfig config, Optional<StoreProvider> stores);
}
