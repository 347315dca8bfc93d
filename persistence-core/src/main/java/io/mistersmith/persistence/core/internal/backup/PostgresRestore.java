package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.RecoveryTarget;
import io.mistersmith.persistence.config.PostgresConfig;
import java.nio.file.Path;

/** Restores PostgreSQL. */
public interface PostgresRestore {

  /**
   * Restores a base backup, and makes the server recover to the target when it is started.
   *
   * @param dataDirectory the data directory of a server that is stopped; it must be empty or absent
   */
  void restore(BasePart base, BackupReader reader, Path dataDirectory, RecoveryTarget target);

  /**
   * Restores a dump.
   *
   * @param database the database to restore into; it must hold no objects
   */
  void restoreDump(StoredFile dump, BackupReader reader, PostgresConfig database);
}
