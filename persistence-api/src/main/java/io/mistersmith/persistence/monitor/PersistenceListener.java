package io.mistersmith.persistence.monitor;

import io.mistersmith.persistence.lifecycle.Hydration;
import io.mistersmith.persistence.lifecycle.LifecycleChange;
import io.mistersmith.persistence.model.StateKey;

/**
 * Is told what the engine does. Called on the engine's own threads: return quickly and do not call
 * back into the library. What a listener throws, Errors included, is logged and goes no further,
 * and so does an interrupt of the engine's thread.
 */
public interface PersistenceListener {

  /** A listener that does nothing. */
  PersistenceListener NOOP = new PersistenceListener() {};

  /** A batch was committed. */
  default void onFlushed(FlushReport report) {}

  /**
   * An attempt to flush failed and will be made again: PostgreSQL is away (a transient cause), or
   * it refuses everything alike and writes wait in the journal until that is lifted, or the batch
   * took too long and the next one is smaller.
   */
  default void onFlushFailed(String bucket, RuntimeException cause) {}

  /** PostgreSQL refused an entry; it is kept as a dead letter. */
  default void onDeadLetter(String bucket, String subject, String reason) {}

  /** The journal of a bucket was found to have started anew or gone back. */
  default void onEpochStarted(String bucket, long epoch, String reason) {}

  /** A save met another version of its entry, or lost its place to another writer. */
  default void onConflict(ConflictReport report) {}

  /** An entry was brought from PostgreSQL into KV. */
  default void onHydrated(StateKey key) {}

  /**
   * An agent's state became another one in this process. The changes of one agent arrive in order,
   * each from what the one before led to.
   */
  default void onLifecycle(LifecycleChange change) {}

  /** All of an agent's entries were hydrated; told once, however many callers asked for it. */
  default void onAgentHydrated(Hydration hydration) {}

  /** Entries that were flushed and idle were taken out of KV. */
  default void onEvicted(String bucket, int entries) {}

  /** Writes are slowed down because too much waits for PostgreSQL, or no longer are. */
  default void onBackpressure(BackpressureEvent event) {}

  /** A check found an entry on which the stores disagree, or an orphan. */
  default void onInconsistent(Inconsistency found) {}

  /** A check of consistency ended. */
  default void onConsistencyChecked(ConsistencyReport report) {}

  /**
   * A background service failed for a reason that should not occur. It goes on trying unless the
   * failure says that it has ended. Called for each failure, at most some times a second.
   */
  default void onServiceFailed(ServiceFailure failure) {}
}
