package io.mistersmith.persistence.migration;

import java.util.Locale;

/** What a script is about, as its header says; the history keeps it as migration_type. */
public enum MigrationKind {
  /** Tables, types, constraints, views; what a script is that says nothing else. */
  SCHEMA,
  /** Rows. */
  DATA,
  /** Indexes. */
  INDEX,
  /** Partitions and what manages them. */
  PARTITION,
  /** Functions and triggers. */
  FUNCTION;

  /** The name in lower case, as headers and the history write it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
