package io.mistersmith.persistence.core.internal.repository;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;

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
    if (agent.length() != 36) {
      return false;
    }
    for (int i = 0; i < 36; i++) {
      char c = agent.charAt(i);
      boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
      if (dash ? c != '-' : (c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }
}
