package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;

/** Lets writes into a bucket, or holds them up. Thread-safe. */
public interface Admission {

  /**
   * Call this before a write is sent. Returns at once while nothing is held up.
   *
   * @return whether the write, once it is made, must {@linkplain #awaitCommit wait for its commit}
   * @throws io.mistersmith.persistence.error.PersistenceException when the write is not let in
   */
  boolean enter(StateKey key);

  /**
   * Waits until PostgreSQL has committed the write. Call it only when {@link #enter} returned true
   * for the key.
   */
  void awaitCommit(StateKey key, Revision.OfJournal revision);
}
