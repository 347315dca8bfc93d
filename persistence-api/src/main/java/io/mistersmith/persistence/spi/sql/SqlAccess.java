package io.mistersmith.persistence.spi.sql;

/**
 * Gives the durable stores, one for each family of rows. Where they come from decides when their
 * writes are committed: from a {@link SqlStore} each call is a transaction of its own, from a
 * {@link SqlUnit} all calls are in one.
 */
public interface SqlAccess {

  /** Returns the registry of agents. */
  AgentStore agents();

  /** Returns the durable copy of the agents' state. */
  StateStore states();

  /** Returns the positions, epochs and leases of the journals, and the flush's transaction. */
  JournalStore journals();

  /** Returns the entries that could not be flushed. */
  DeadLetterStore deadLetters();

  /** Returns the copies of agents' states. */
  CheckpointStore checkpoints();

  /** Returns the history of agents. */
  LifecycleEventStore lifecycleEvents();
}
