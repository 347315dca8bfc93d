package io.mistersmith.persistence.migration;

/**
 * A version's row in the history.
 *
 * @param version the version
 * @param status what became of it
 * @param checksum the checksum of the script that was run
 */
record HistoryEntry(MigrationVersion version, Status status, String checksum) {

  /** What became of a version. */
  enum Status {
    /** Being applied, or cut off while it was. */
    RUNNING,
    /** Tried, and refused by the database. */
    FAILED,
    /** Done. */
    APPLIED,
    /** Done, and taken back. */
    ROLLED_BACK
  }

  boolean isApplied() {
    return status == Status.APPLIED;
  }
}
