package io.mistersmith.persistence.migration.internal.sql;

/** The work of a statement on the rows of a table while it holds its lock. */
public enum TableWork {
  /** Nothing: the lock is short, whatever the table's size. */
  NONE,
  /** It may read every row. */
  SCAN,
  /** It may write every row again, and each index. */
  REWRITE
}
