package io.mistersmith.persistence.migration;

import java.time.Duration;
import java.util.List;

/**
 * What a rollback did. Immutable.
 *
 * @param rolledBack what was taken back, in order; empty when there was nothing to do
 * @param waited how long the call waited for another migrator
 */
public record RollbackReport(List<RolledBack> rolledBack, Duration waited) {

  /**
   * A version that was taken back.
   *
   * @param id the set and the version
   * @param file the script that took it back
   * @param duration how long that took, the last attempt alone
   * @param attempts 1, or more where a table's lock was to be had only later
   */
  public record RolledBack(ScriptId id, String file, Duration duration, int attempts) {}

  /** Keeps a copy of the list. */
  public RollbackReport {
    rolledBack = List.copyOf(rolledBack);
  }
}
