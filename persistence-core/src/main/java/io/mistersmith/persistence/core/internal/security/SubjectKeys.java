package io.mistersmith.persistence.core.internal.security;

import io.mistersmith.persistence.model.AgentId;

/** The keys that data of one agent alone is encrypted with. */
@FunctionalInterface
public interface SubjectKeys {

  /** No agent has a key of its own. */
  SubjectKeys NONE = agent -> false;

  /**
   * Destroys the agent's key, so that what it encrypted is unreadable wherever it is.
   *
   * @return whether the agent had one
   */
  boolean destroy(AgentId agent);
}
