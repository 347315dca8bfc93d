package io.mistersmith.persistence.model;

/** What a write waits for before it returns. */
public enum Durability {
  /**
   * JetStream has acknowledged the write. It survives the death of any process; what it does not
   * survive is a power loss before NATS has synced its disk.
   */
  KV_ACK,
  /** PostgreSQL has committed the write, or a later one to the same key. */
  SQL_COMMITTED
}
