package io.mistersmith.persistence.migration.report;

import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import java.util.List;
import java.util.Optional;

/**
 * The scripts that {@code MigrationRunner.apply()} would apply at the moment of the call.
 * Immutable.
 *
 * @param current the highest version that is applied; empty on a database without any
 * @param pending the versions that would be applied, in order
 */
public record MigrationPlan(Optional<MigrationVersion> current, List<Migration> pending) {

  /** Keeps a copy of the list. */
  public MigrationPlan {
    pending = List.copyOf(pending);
  }

  /** Whether there is nothing to do. */
  public boolean isUpToDate() {
    return pending.isEmpty();
  }
}
