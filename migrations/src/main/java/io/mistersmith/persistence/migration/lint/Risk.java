package io.mistersmith.persistence.migration.lint;

/** What a script may do to those who use the database while it runs. */
public enum Risk {
  /** It takes no lock that anybody waits for. */
  NONE,
  /** Others wait for a moment, whatever the size of the tables. */
  LOW,
  /** Writers wait for as long as a table is large, or several tables are locked at once. */
  MEDIUM,
  /**
   * Readers wait for as long as a table is large, rows or columns are lost, or a rule is broken.
   */
  HIGH;

  /** The greater of the two. */
  public Risk or(Risk other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
