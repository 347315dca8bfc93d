package io.mistersmith.persistence.core.internal.routing;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;

/** Lets writes into a bucket, or holds them up. Thread-safe. */
public interface Admission {

  /** Lets all writes pass. */
  Admission FREE =
      new Admission() {
        @Override
        public boolean enter(StateKey key) {
          return false;
        }

        @Override
        public void awaitCommit(StateKey key, Revision revision) {}
      };

  /**
   * To be called before a write is sent; returns at once while nothing is held up.
   *
   * @return whether the write, once it is made, must {@linkplain #awaitCommit wait for its commit}
   * @throws io.mistersmith.persistence.error.PersistenceException when the write is not let in
   */
  boolean enter(StateKey key);

  /** Waits until PostgreSQL has committed a write that {@link #enter} said so of. */
  void awaitCommit(StateKey key, Revision revision);
}
