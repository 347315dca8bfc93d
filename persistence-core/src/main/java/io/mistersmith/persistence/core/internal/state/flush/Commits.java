package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;
import java.util.Map;

/** Waits until writes are committed in PostgreSQL. Thread-safe. */
public interface Commits {

  /** For a bucket without a durable store: none of its writes is ever committed. */
  Commits NONE =
      new Commits() {
        @Override
        public void checkPossible(StateKey key) {
          throw new NonTransientPersistenceException(
              DataError.MISCONFIGURED,
              "key "
                  + key
                  + ": this type of data is kept in KV alone, and never reaches PostgreSQL; save it"
                  + " with KV_ACK, and wait for no commit");
        }

        @Override
        public void await(StateKey key, Revision.OfJournal revision, Duration limit) {}

        @Override
        public void awaitStep(Map<StateKey, Revision.OfJournal> step, Duration limit) {}

        @Override
        public void awaitAgent(AgentId agent, Revision.OfJournal revision, Duration limit) {}

        @Override
        public void awaitAll(String what, Revision.OfJournal revision, Duration limit) {}
      };

  /**
   * Checks, before a write, that its commit can be waited for.
   *
   * @throws NonTransientPersistenceException with {@code MISCONFIGURED} when nothing is committed
   */
  default void checkPossible(StateKey key) {}

  /** Waits for one write of one key; fails when it was refused, or is not committed in time. */
  void await(StateKey key, Revision.OfJournal revision, Duration limit);

  /**
   * Waits for the writes of a step of one owner, which are committed together; fails when one was
   * refused, or they are not committed in time.
   */
  void awaitStep(Map<StateKey, Revision.OfJournal> step, Duration limit);

  /**
   * Waits for everything up to this revision; fails when it is not committed in time, or when
   * anything of the agent's is a dead letter.
   */
  void awaitAgent(AgentId agent, Revision.OfJournal revision, Duration limit);

  /**
   * Waits until everything up to this revision is committed or a dead letter; fails when it is not
   * in time.
   */
  void awaitAll(String what, Revision.OfJournal revision, Duration limit);
}
