package io.mistersmith.persistence.migration;

import java.util.List;

/**
 * What a repair did. Immutable.
 *
 * @param markedFailed versions that said they ran, and that nobody was working on
 * @param checksums versions whose checksum is now that of the script as it is
 * @param droppedIndexes invalid indexes that were dropped, by qualified name
 */
public record RepairReport(
    List<ScriptId> markedFailed, List<ScriptId> checksums, List<String> droppedIndexes) {

  /** Keeps copies of the lists. */
  public RepairReport {
    markedFailed = List.copyOf(markedFailed);
    checksums = List.copyOf(checksums);
    droppedIndexes = List.copyOf(droppedIndexes);
  }
}
