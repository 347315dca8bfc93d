package io.mistersmith.persistence.migration;

import java.util.List;
import java.util.Optional;

/**
 * What {@link MigrationRunner#apply()} would do, as of the moment it was asked. Immutable.
 *
 * @param current the highest version that is applied; empty on a database without any
 * @param pending what would be applied, in order
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
