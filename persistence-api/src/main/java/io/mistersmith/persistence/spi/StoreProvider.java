package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.config.PersistenceConfig;

/**
 * Opens the stores that an engine runs on. The engine brings a provider for NATS and PostgreSQL;
 * the test kit's keeps everything in memory.
 */
public interface StoreProvider {

  /**
   * Opens both stores; the caller closes them.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when one cannot be reached or
   *     used
   */
  Stores open(PersistenceConfig config);
}
