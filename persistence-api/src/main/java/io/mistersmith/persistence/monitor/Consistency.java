package io.mistersmith.persistence.monitor;

/** How far KV and PostgreSQL are apart, and whether they agree. Thread-safe. */
public interface Consistency {

  /**
   * The state of both memories now. Asks both stores a few questions, so call it once in some
   * seconds and not with every write. A store that does not answer is no failure: the record says
   * so.
   */
  MemoryStats stats();

  /** The lag of what this process committed in the last minute. Asks nobody. */
  LagStats lag();

  /**
   * What waits in the journal now. Asks both stores, shortly; while PostgreSQL is away the last
   * position that this process has seen stands in for the real one.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when NATS does not answer
   */
  Backlog backlog();

  /**
   * Compares entries in KV with PostgreSQL, by revision, checksum and content, and mends what
   * differs if {@code consistency.repair} says so.
   *
   * <p>What is merely in flight is waited for, for a few seconds, and is no difference. Mending
   * never replaces a newer write: KV is written by compare-and-set, and goes to PostgreSQL by the
   * journal. An entry that is mended from KV gets a new revision, so that a caller's
   * compare-and-set on the old one fails once. Safe to call in several runtimes at once.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when a store does not answer
   */
  ConsistencyReport check(CheckScope scope);
}
