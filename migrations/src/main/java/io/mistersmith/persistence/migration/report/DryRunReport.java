package io.mistersmith.persistence.migration.report;

import io.mistersmith.persistence.migration.model.Migration;
import java.util.List;

/**
 * The result of a dry run, which was rolled back. Immutable.
 *
 * @param tried the scripts that ran without an error, in order
 * @param leftOut the scripts that run outside of a transaction, and so could not be tried
 */
public record DryRunReport(List<Migration> tried, List<Migration> leftOut) {

  /** Keeps copies of the lists. */
  public DryRunReport {
    tried = List.copyOf(tried);
    leftOut = List.copyOf(leftOut);
  }
}
