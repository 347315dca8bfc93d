package io.mistersmith.persistence.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A version as scripts and history know it. Immutable.
 *
 * @param id the set and the version
 * @param name what it is about
 * @param state what became of it
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

  /** What became of a version. */
  public enum State {
    /** To be applied, and never tried. */
    PENDING,
    /** Being applied, or cut off while it was; to be applied. */
    RUNNING,
    /** Tried, and refused by the database; to be applied. */
    FAILED,
    /** Done. */
    APPLIED,
    /** Done, by a release that this one does not know the script of. */
    UNKNOWN,
    /** Being taken back, or cut off while it was. */
    ROLLING_BACK,
    /** Done, and taken back; to be applied. */
    ROLLED_BACK
  }
}
