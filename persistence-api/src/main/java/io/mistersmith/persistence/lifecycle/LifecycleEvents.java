package io.mistersmith.persistence.lifecycle;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * What has happened to agents, in PostgreSQL. Thread-safe; every call ends within the statement
 * timeout.
 *
 * <p>The library records registrations and changes of status in the transaction of the registry's
 * write, what is made and removed of checkpoints in the transaction of their rows, and a restore or
 * a fork once it is committed. An agent's events go with it when it is deleted.
 */
public interface LifecycleEvents {

  /** The agent's latest events, latest first, at most this many. */
  List<LifecycleEvent> list(UUID agent, int limit);

  /** {@link #list(UUID, int)}, of those that happened at this time or later. */
  List<LifecycleEvent> list(UUID agent, Instant since, int limit);

  /**
   * Records an event of the application's own.
   *
   * @return false when it was recorded before: the same id and time
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     CONSTRAINT_VIOLATION} when the agent, or the one that brought it about, is not registered
   */
  boolean record(LifecycleEvent event);
}
