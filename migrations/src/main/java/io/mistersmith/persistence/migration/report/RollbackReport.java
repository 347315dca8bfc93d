package io.mistersmith.persistence.migration.report;

import io.mistersmith.persistence.migration.model.ScriptId;
import java.time.Duration;
import java.util.List;

/**
 * The result of a rollback. Immutable.
 *
 * @param rolledBack the versions that were taken back, in order; empty when there were none
 * @param waited how long the call waited for another migrator
 */
public record RollbackReport(List<RolledBack> rolledBack, Duration waited) {

  /**
   * A version that was taken back.
   *
   * @param id the set and the version
   * @param file the script that took it back
   * @param duration how long that took, the last attempt alone
   * @param attempts 1, or more where the script had to wait for the lock of a table
   */
  public record RolledBack(ScriptId id, String file, Duration duration, int attempts) {}

  /** Keeps a copy of the list. */
  public RollbackReport {
    rolledBack = List.copyOf(rolledBack);
  }
}
