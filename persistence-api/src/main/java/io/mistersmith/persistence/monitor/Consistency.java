package io.mistersmith.persistence.monitor;

/** How far KV and PostgreSQL are apart, and whether they agree. Thread-safe. */
public interface Consistency {

  /**
   * The state of both memories now. Asks both stores a few questions, so call it once in some
   * seconds and not with every write.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when NATS does not answer
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
}
