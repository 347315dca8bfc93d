package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.lint.ScriptAnalysis;
import java.time.Duration;
import java.util.Optional;

/**
 * A version that would be applied, and what that means for those who use the database. Immutable.
 *
 * @param migration the version
 * @param analysis what its script locks and risks
 * @param estimate how long it may take: what it took when it was applied before, else the median of
 *     its kind on this database; empty where the history has neither
 */
public record PlannedMigration(
    Migration migration, ScriptAnalysis analysis, Optional<Duration> estimate) {

  /** Whether there is a script that takes it back. */
  public boolean canBeRolledBack() {
    return migration.rollbackSql().isPresent();
  }
}
