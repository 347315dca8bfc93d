package io.mistersmith.persistence.migration.report;

import io.mistersmith.persistence.migration.model.ScriptId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A version as scripts and history know it. Immutable.
 *
 * @param id the set and the version
 * @param name what it is about
 * @param state its state
 * @param appliedAt when it was applied
 * @param took how long its script took when it was last applied
 * @param error why its last attempt failed
 * @param canBeRolledBack whether there is a script that takes it back
 */
public record VersionInfo(
    ScriptId id,
    String name,
    State state,
    Optional<Instant> appliedAt,
    Optional<Duration> took,
    Optional<String> error,
    boolean canBeRolledBack) {

  /** The state of a version. */
  public enum State {
    /** Pending, and never tried. */
    PENDING,
    /** Being applied, or interrupted while it was; pending. */
    RUNNING,
    /** Refused by the database; pending. */
    FAILED,
    /** Applied. */
    APPLIED,
    /** Applied by a release whose script this one does not have. */
    UNKNOWN,
    /** Being taken back, or interrupted while it was. */
    ROLLING_BACK,
    /** Applied and taken back; pending. */
    ROLLED_BACK
  }
}
