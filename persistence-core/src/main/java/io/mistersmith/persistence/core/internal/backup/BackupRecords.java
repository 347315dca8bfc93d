package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.RecoveryStore;
import io.mistersmith.persistence.spi.sql.RecoveryStore.KnownBackup;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes backups in PostgreSQL, by which health and alerts know how old the newest one is. A backup
 * is whole whether or not it could be noted, so a failure is only logged.
 *
 * @param recovery where to note them
 */
record BackupRecords(RecoveryStore recovery) {

  private static final Logger LOG = LoggerFactory.getLogger(BackupRecords.class);

  /** Notes a backup whose manifest is stored. */
  void made(BackupManifest manifest) {
    note(
        "backup " + manifest.id() + " is whole, but not noted",
        () ->
            recovery.add(
                new KnownBackup(
                    manifest.id(),
                    manifest.kind().id(),
                    manifest.startedAt(),
                    manifest.completedAt(),
                    manifest.size())));
  }

  /** Forgets backups that were deleted. */
  void deleted(List<String> ids) {
    note("deleted backups are still noted", () -> ids.forEach(this::forget));
  }

  private void forget(String id) {
    LOG.debug("backup {} is deleted, was noted: {}", id, recovery.remove(id));
  }

  private void note(String otherwise, Runnable work) {
    try {
      if (recovery.isInstalled()) {
        work.run();
      }
    } catch (PersistenceException e) {
      LOG.warn("{} in PostgreSQL: {}", otherwise, e.getMessage());
    }
  }
}
