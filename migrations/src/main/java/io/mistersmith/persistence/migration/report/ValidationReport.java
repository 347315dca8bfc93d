package io.mistersmith.persistence.migration.report;

import java.util.List;

/**
 * The result of a validation. Immutable.
 *
 * @param checks the checks that found nothing, and one entry for each thing that a check found
 */
public record ValidationReport(List<Check> checks) {

  /** How a check came out. */
  public enum Result {
    /** Nothing was found. */
    PASSED,
    /** Something could be better; nothing is broken. */
    ADVICE,
    /** Something must be repaired. */
    FAILED
  }

  /**
   * A check, or one thing that it found.
   *
   * @param name the check's name
   * @param result how it came out
   * @param message what was found, and what to do about it; empty when it passed
   */
  public record Check(String name, Result result, String message) {}

  /** Keeps a copy of the list. */
  public ValidationReport {
    checks = List.copyOf(checks);
  }

  /** Whether no check failed. */
  public boolean isValid() {
    return checks.stream().noneMatch(check -> check.result() == Result.FAILED);
  }
}
