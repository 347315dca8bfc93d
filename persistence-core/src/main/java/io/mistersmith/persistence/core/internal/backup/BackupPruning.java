package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.PruneReport;
import io.mistersmith.persistence.error.PersistenceException;
import java.time.Clock;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prunes the backups of an installation, and has PostgreSQL forget the deleted ones. Works while
 * the stores are down.
 *
 * @param config says where the backups are, and how long they are kept
 * @param saved opens the stores that know of them
 */
record BackupPruning(BackupConfig config, BackupStores.Opener saved, Clock clock) {

  private static final Logger LOG = LoggerFactory.getLogger(BackupPruning.class);

  /** Deletes what is not kept; only says what it would delete where that is wanted. */
  PruneReport prune(boolean onlyReport) {
    PruneReport report =
        new Pruning(
                new BackupCatalog(config.target()),
                config.retention(),
                config.walRetention(),
                config.timeLimit(),
                clock)
            .run(onlyReport);
    if (!onlyReport && !report.backups().isEmpty()) {
      forget(report.backups());
    }
    return report;
  }

  private void forget(List<String> ids) {
    try (BackupStores stores = saved.open(config.installation())) {
      new BackupRecords(stores.recovery()).deleted(ids);
    } catch (PersistenceException e) {
      LOG.warn("PostgreSQL still knows of backups that were deleted: {}", e.getMessage());
    }
  }
}
