package io.mistersmith.persistence.config;

/** What a check of consistency does with entries that nobody owns or can read. */
public enum OrphanPolicy {
  /** It reports them, and leaves them. */
  REPORT,
  /**
   * It takes out of KV what is kept as a dead letter, and files as a dead letter first what is not.
   * Nothing is lost.
   */
  DEAD_LETTER,
  /** It removes them from KV and from PostgreSQL. They are gone, unless a dead letter has them. */
  REMOVE
}
