package io.mistersmith.persistence.migration.lint;

/** How much a finding weighs. */
public enum Severity {
  /** The script stops readers or writers, breaks them, or fails. */
  ERROR,
  /** It works; there is a better way. */
  WARNING
}
