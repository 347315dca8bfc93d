package io.mistersmith.persistence.config;

/**
 * The treatment at open of a bucket that is not this database's: it has the identity of another
 * installation, or it has none and holds entries that the database does not know.
 */
public enum UnknownEntries {
  /**
   * Refuse to open. The entries' agents are most likely not registered in this database, so that
   * every entry would become a dead letter.
   */
  REFUSE,
  /**
   * Take the bucket over: it bears this installation's identity from then on, its entries are
   * flushed into this database, and the other installation's runtimes are refused. Open is refused
   * while the bucket holds entries of agents that are not registered in this database. For one open
   * only: two installations with this setting take the bucket from each other.
   */
  TAKE_OVER
}
