package io.mistersmith.persistence.migration.report;

import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The result of {@code MigrationRunner.apply()}. Immutable.
 *
 * @param before the highest version that was applied before; empty when there was none
 * @param after the highest version that is applied now; empty when there are no scripts at all
 * @param applied what this call applied, in order; empty when there was nothing to do, or another
 *     migrator did it meanwhile
 * @param waited how long the call waited for another migrator
 */
public record MigrationReport(
    Optional<MigrationVersion> before,
    Optional<MigrationVersion> after,
    List<Applied> applied,
    Duration waited) {

  /**
   * A version that was applied.
   *
   * @param migration the version
   * @param duration how long its script took, the last attempt alone
   * @param attempts 1, or more where the script had to wait for the lock of a table
   */
  public record Applied(Migration migration, Duration duration, int attempts) {}

  /** Keeps a copy of the list. */
  public MigrationReport {
    applied = List.copyOf(applied);
  }
}
