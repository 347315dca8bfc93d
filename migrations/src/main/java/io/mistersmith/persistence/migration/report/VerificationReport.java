package io.mistersmith.persistence.migration.report;

import io.mistersmith.persistence.migration.model.ScriptId;
import java.time.Duration;
import java.util.List;

/**
 * Whether each version can be taken back, as tried on a scratch database. Immutable.
 *
 * @param versions in the order in which they were tried
 */
public record VerificationReport(List<Verified> versions) {

  /**
   * A version that was applied, filled with rows, taken back and applied again.
   *
   * @param id the set and the version
   * @param problems the differences that were found; empty when there are none
   * @param tablesWithRows how many tables had rows in them when it was taken back
   * @param emptyTables tables for which no sample row was accepted, each with the reason
   * @param took how long that took
   */
  public record Verified(
      ScriptId id,
      List<String> problems,
      int tablesWithRows,
      List<String> emptyTables,
      Duration took) {

    /** Keeps copies of the lists. */
    public Verified {
      problems = List.copyOf(problems);
      emptyTables = List.copyOf(emptyTables);
    }
  }

  /** Keeps a copy of the list. */
  public VerificationReport {
    versions = List.copyOf(versions);
  }

  /** Whether every version can be taken back. */
  public boolean isReversible() {
    return versions.stream().allMatch(version -> version.problems().isEmpty());
  }
}
