package io.mistersmith.persistence.migration.internal.history;

import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A version's row in the history.
 *
 * @param id the set and the version
 * @param name what the version is about
 * @param status its state
 * @param checksum the checksum of the script that was run
 * @param dependsOn what it depends on, as of when it was run
 * @param rollbackSql the script that takes it back, as of when it was run
 * @param appliedAt when it was applied
 * @param took how long its script took when it was last applied
 * @param error why its last attempt failed
 */
public record HistoryEntry(
    ScriptId id,
    String name,
    Status status,
    String checksum,
    List<ScriptId> dependsOn,
    Optional<String> rollbackSql,
    Optional<Instant> appliedAt,
    Optional<Duration> took,
    Optional<String> error) {

  /** The state of a version. */
  public enum Status {
    /** Being applied, or cut off while it was. */
    RUNNING,
    /** Tried, and refused by the database. */
    FAILED,
    /** Done. */
    APPLIED,
    /** Being taken back statement by statement, or cut off while it was. */
    ROLLING_BACK,
    /** Done, and taken back. */
    ROLLED_BACK
  }

  public MigrationVersion version() {
    return id.version();
  }

  public boolean isApplied() {
    return status == Status.APPLIED;
  }
}
