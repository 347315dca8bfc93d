package io.mistersmith.persistence.backup;

import java.time.Duration;
import java.util.List;

/**
 * What a verification found.
 *
 * @param id the backup
 * @param files how many files were read
 * @param bytes how many bytes were read
 * @param took how long it took
 * @param findings each damage; none when the backup is whole
 */
public record Verification(
    String id, long files, long bytes, Duration took, List<Finding> findings) {

  /** Copies the findings. */
  public Verification {
    findings = List.copyOf(findings);
  }

  /** Returns whether nothing is damaged. */
  public boolean passed() {
    return findings.isEmpty();
  }

  /** What can be wrong with a backup. */
  public enum Damage {
    /** There is no manifest: the backup is unfinished. */
    UNFINISHED,
    /** The manifest is not readable, or was changed. */
    MANIFEST_DAMAGED,
    /** The manifest is that of another backup. */
    FOREIGN_MANIFEST,
    /** A file does not exist. */
    MISSING,
    /** A file has fewer or more bytes than the manifest says. */
    WRONG_SIZE,
    /** A file has the right size and other bytes. */
    CHANGED,
    /** A segment of the WAL that the backup needs is not in the archive. */
    WAL_MISSING,
    /** The stream's snapshot holds fewer messages than the manifest says. */
    MESSAGES_MISSING,
    /** The stream's snapshot begins or ends where it leaves a gap to PostgreSQL's position. */
    GAP,
    /** PostgreSQL's own check of the base backup failed. */
    BASE_REFUSED
  }

  /**
   * A damage.
   *
   * @param path the damaged file
   * @param damage what is wrong with it
   * @param detail what was expected, what was found and what to do, in sentences
   */
  public record Finding(String path, Damage damage, String detail) {}
}
