package io.mistersmith.persistence.core.fault.table;

import java.time.Duration;
import java.util.List;

/**
 * The outcome of a cell.
 *
 * @param cell the name of the cell
 * @param outcome {@code passed}, or what else happened
 * @param took the time that it took
 * @param counts what the test did and counted, a line each
 */
record Row(String cell, Outcome outcome, Duration took, List<String> counts) {

  /**
   * Only what passed is not a failure. A test that was skipped, was given up or did not count shows
   * nothing.
   */
  enum Outcome {
    PASSED("passed"),
    FAILED("failed"),
    ABORTED("failed (aborted)"),
    SKIPPED("failed (skipped)"),
    UNCOUNTED("failed (no tally)"),
    BROKEN("failed (promises broken)");

    private final String text;

    Outcome(String text) {
      this.text = text;
    }
  }

  boolean isFailed() {
    return outcome != Outcome.PASSED;
  }

  String line() {
    return "cell: %s %s seconds=%d.%d%s"
        .formatted(
            cell,
            outcome.text,
            took.toSeconds(),
            took.toMillisPart() / 100,
            counts.isEmpty() ? "" : " | " + String.join(" | ", counts));
  }
}
