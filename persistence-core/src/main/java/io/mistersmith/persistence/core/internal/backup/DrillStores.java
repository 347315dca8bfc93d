package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.spi.sql.RecoveryStore;

/** Opens stores as a drill looks at them: the restored ones, and the installation's own. */
@FunctionalInterface
public interface DrillStores {

  /**
   * Opens stores.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when one does not answer
   */
  Opened open(PersistenceConfig stores);

  /** Stores that are open. */
  interface Opened extends AutoCloseable {

    /** Returns what the database knows of backups and drills, and checks its consistency. */
    RecoveryStore recovery();

    /** Returns the streams. */
    StreamBackup streams();

    @Override
    void close();
  }
}
