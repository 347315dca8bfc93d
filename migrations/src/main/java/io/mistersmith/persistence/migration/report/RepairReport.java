package io.mistersmith.persistence.migration.report;

import io.mistersmith.persistence.migration.model.ScriptId;
import java.util.List;

/**
 * The result of a repair. Immutable.
 *
 * @param markedFailed versions that were marked as running although no migrator was running
 * @param checksums versions whose recorded checksum was replaced by that of the present script
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
