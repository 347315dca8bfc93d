package io.mistersmith.persistence.core.internal.repository;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import java.util.UUID;

/** Which keys a store can keep, beyond what {@link StateKey} itself checks. */
public enum KeyRule {
  /** Any key. */
  ANY {
    @Override
    void check(StateKey key) {}
  },

  /**
   * The owner is the UUID of an agent, in the one form that it has everywhere: another spelling of
   * it would be another key in KV and the same row in PostgreSQL.
   */
  AGENT_ID {
    @Override
    void check(StateKey key) {
      if (!isCanonical(key.agent())) {
        throw new NonTransientPersistenceException(
            DataError.INVALID_KEY,
            "state key "
                + key
                + ": the agent must be a UUID in lower case, as UUID.toString() gives");
      }
    }
  };

  abstract void check(StateKey key);

  private static boolean isCanonical(String agent) {
    try {
      return agent.length() == 36 && UUID.fromString(agent).toString().equals(agent);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
