package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.util.Map;

/** Lets writes into a bucket, or holds them up. Thread-safe. */
public interface Admission {

  /**
   * Call this before a write is sent. Returns at once while nothing is held up.
   *
   * @return whether the write, once it is made, must {@linkplain #commitOf wait for its commit}
   * @throws io.mistersmith.persistence.error.PersistenceException when the write is not let in
   */
  boolean enter(StateKey key);

  /**
   * Returns what waits until PostgreSQL has committed a write, or the writes of a step; its time
   * begins now. Call it only when {@link #enter} returned true.
   */
  Runnable commitOf(Map<StateKey, Revision.OfJournal> writes);
}
