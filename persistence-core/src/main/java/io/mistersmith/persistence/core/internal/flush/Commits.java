package io.mistersmith.persistence.core.internal.flush;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;

/** Waits for writes to be committed behind the bucket. Thread-safe. */
public interface Commits {

  /** For a bucket with nothing behind it: there is nothing to wait for. */
  Commits NONE =
      new Commits() {
        @Override
        public void await(StateKey key, Revision revision, Duration limit) {}

        @Override
        public void awaitAgent(String agent, Revision revision, Duration limit) {}

        @Override
        public void awaitAll(String what, Revision revision, Duration limit) {}
      };

  /** Waits for one write of one key; fails when it was refused, or is not committed in time. */
  void await(StateKey key, Revision revision, Duration limit);

  /**
   * Waits for everything up to this revision; fails when it is not committed in time, or when
   * anything of the agent's is a dead letter.
   */
  void awaitAgent(String agent, Revision revision, Duration limit);

  /**
   * Waits until everything up to this revision is committed or a dead letter; fails when it is not
   * in time.
   */
  void awaitAll(String what, Revision revision, Duration limit);
}
