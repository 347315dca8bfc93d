package io.mistersmith.persistence.migration;

import java.util.List;

/**
 * What a dry run tried. Nothing of it remains. Immutable.
 *
 * @param tried the scripts that ran without an error, in order
 * @param leftOut the scripts that are no transaction and so could not be tried
 */
public record DryRunReport(List<Migration> tried, List<Migration> leftOut) {

  /** Keeps copies of the lists. */
  public DryRunReport {
    tried = List.copyOf(tried);
    leftOut = List.copyOf(leftOut);
  }
}
