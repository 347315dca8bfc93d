package io.mistersmith.persistence.migration.online;

import java.util.List;
import java.util.UUID;

/**
 * What came of comparing a table with its shadow.
 *
 * @param change the row of migrations.online_changes
 * @param rows rows of the table that were compared
 * @param rowsInShadow rows of the shadow that were
 * @param differences keys that only one of them has, or whose rows differ
 * @param examples up to ten of them a range, as JSON: the key, and what is wrong with the shadow's
 *     row
 */
public record ShadowDifferences(
    UUID change, long rows, long rowsInShadow, long differences, List<String> examples) {

  /** Copies the list. */
  public ShadowDifferences {
    examples = List.copyOf(examples);
  }

  /** Whether the shadow can take the table's place. */
  public boolean none() {
    return differences == 0;
  }
}
