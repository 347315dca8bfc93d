package io.mistersmith.persistence.migration.report;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.MigrationReport.Applied;
import io.mistersmith.persistence.migration.report.RollbackReport.RolledBack;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The result of {@code MigrationRunner.applyOrRollBack()}. Immutable.
 *
 * @param before the highest version that was applied before; empty when there was none
 * @param after the highest version that is applied now; empty when there is none
 * @param applied what this call applied, in order, whether or not it was taken back
 * @param failure why a script failed; empty when all is applied. A failure on the way back is among
 *     its suppressed exceptions
 * @param rolledBack what this call took back, in order
 * @param left what this call applied, or began to, and could not take back, in order
 * @param waited how long the call waited for another migrator
 */
public record ApplyOrRollBackReport(
    Optional<MigrationVersion> before,
    Optional<MigrationVersion> after,
    List<Applied> applied,
    Optional<MigrationException> failure,
    List<RolledBack> rolledBack,
    List<ScriptId> left,
    Duration waited) {

  /** Keeps copies of the lists. */
  public ApplyOrRollBackReport {
    applied = List.copyOf(applied);
    rolledBack = List.copyOf(rolledBack);
    left = List.copyOf(left);
  }

  /** Whether everything is applied. */
  public boolean isApplied() {
    return failure.isEmpty();
  }
}
