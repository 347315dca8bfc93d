package io.mistersmith.persistence.backup;

import java.time.Duration;
import java.util.List;

/**
 * What a drill found and measured.
 *
 * @param restore what the restore did
 * @param rto the time from the begin of the restore until both stores answered with all data
 * @param rpo the time from the last write that the restored stores have to the begin of the drill:
 *     what would have been lost
 * @param comparisons each table and each bucket, compared with the manifest
 * @param findings what {@code recovery.verify_data_consistency} and the check of consistency found;
 *     none when all is well
 */
public record DrillReport(
    RestoreReport restore,
    Duration rto,
    Duration rpo,
    List<Comparison> comparisons,
    List<String> findings) {

  /** Copies the lists. */
  public DrillReport {
    comparisons = List.copyOf(comparisons);
    findings = List.copyOf(findings);
  }

  /** Returns whether everything is equal and nothing was found. */
  public boolean passed() {
    return findings.isEmpty() && comparisons.stream().allMatch(Comparison::equal);
  }

  /**
   * A comparison.
   *
   * @param name the table, as {@code schema.table}, or the stream
   * @param expected what the manifest says: a count, and a checksum where there is one
   * @param found what the restored store has
   */
  public record Comparison(String name, String expected, String found) {

    /** Returns whether both are the same. */
    public boolean equal() {
      return expected.equals(found);
    }
  }
}
