package io.mistersmith.persistence.migration;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What {@link MigrationRunner#apply()} did. Immutable.
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
   * @param attempts 1, or more where a table's lock was to be had only later
   */
  public record Applied(Migration migration, Duration duration, int attempts) {}

  /** Keeps a copy of the list. */
  public MigrationReport {
    applied = List.copyOf(applied);
  }
}
