package io.mistersmith.persistence.backup;

import java.util.List;

/**
 * What was deleted, or would be.
 *
 * @param backups the ids of the deleted backups
 * @param unfinished the ids of the deleted backups that had no manifest
 * @param walSegments how many segments of the WAL archive were deleted
 * @param bytes how many bytes all of it had
 * @param kept each backup that is kept, and why
 */
public record PruneReport(
    List<String> backups, List<String> unfinished, long walSegments, long bytes, List<Kept> kept) {

  /** Copies the lists. */
  public PruneReport {
    backups = List.copyOf(backups);
    unfinished = List.copyOf(unfinished);
    kept = List.copyOf(kept);
  }

  /**
   * A backup that is kept.
   *
   * @param id its id
   * @param reason why it is kept, such as {@code newest of its week} or {@code needed by …}
   */
  public record Kept(String id, String reason) {}
}
