package io.mistersmith.persistence.config;

/**
 * What to do at open with a bucket of agent state that holds entries which the database knows
 * nothing of: a new or another database beside a NATS that was in use.
 */
public enum UnknownEntries {
  /**
   * Refuse to open. The entries' agents are most likely not registered in this database, so that
   * every entry would become a dead letter.
   */
  REFUSE,
  /** Take the bucket over: flush its entries into this database. */
  TAKE_OVER
}
