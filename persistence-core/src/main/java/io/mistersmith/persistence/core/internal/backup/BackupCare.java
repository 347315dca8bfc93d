package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.Drill;
import io.mistersmith.persistence.backup.DrillReport;
import io.mistersmith.persistence.backup.PruneReport;
import io.mistersmith.persistence.backup.Readiness;
import io.mistersmith.persistence.backup.RecoveryTarget;

/** Looks after the backups that exist. */
public interface BackupCare {

  /** Checks whether a recovery would succeed. */
  Readiness readiness(RecoveryTarget target);

  /** Restores a backup for an exercise. */
  DrillReport drill(Drill drill, BackupProgress progress);

  /** Deletes what is not to be kept. */
  PruneReport prune(boolean onlyReport);
}
