package io.mistersmith.persistence.core.internal.security;

import io.mistersmith.persistence.model.AgentId;
import java.util.UUID;

/** What the other parts of the engine do when an agent is forgotten. */
public interface OwnData {

  /** Cancels a task, and the tasks that wait for its success. */
  void cancel(UUID task);

  /**
   * Deletes the agent's row, if it has one, and its entries in KV: with a marker each, so that
   * other processes forget them too and nothing older comes back.
   */
  void delete(AgentId agent);

  /**
   * Waits until PostgreSQL has applied or refused all that any process has written before this
   * call.
   *
   * @param what names the wait in a failure
   */
  void awaitApplied(String what);
}
