package io.mistersmith.persistence.security;

import io.mistersmith.persistence.model.AgentId;
import java.util.List;

/**
 * Removes what both stores hold of an agent, or makes it unreadable. Thread-safe.
 *
 * <p>The first thing that is written is a row which says that the agent is being forgotten. When
 * the process dies, or a store is away, any runtime of the installation goes on by that row, about
 * a minute later. Some minutes after the end a runtime looks once more for what a late flush or a
 * late publication has brought of the time before.
 */
public interface Forgetting {

  /**
   * Forgets an agent, or an owner outside the registry. Stop the agent first: what is written of it
   * before the end is removed too, and what is written later stays. An agent that is not registered
   * any more can be forgotten as well, and one that was forgotten can be forgotten again.
   *
   * <p>Removed are its row and its entries in KV with their history, its states, logs, large
   * values, checkpoints, lifecycle events and dead letters; the tasks that it created, and those
   * that only it is to do; the messages from it and to it; the facts that it found or that are
   * about it; the ended sagas whose input or log names it; changes of its entries that wait for KV;
   * its messages in the library's streams of changes. Its sessions are revoked, and keep no more
   * than the hash of their token until they are swept. The outbox and the audit log keep that
   * something changed, without values. Tasks of others that wait for one of its tasks are cancelled
   * as if that one was.
   *
   * @return what was removed, and what remains
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     CONSTRAINT_VIOLATION} when the agent is the parent of others, in which case nothing is
   *     removed; with {@code ACCESS_DENIED} when a role may not remove something
   * @throws io.mistersmith.persistence.error.PersistenceException when a store does not answer; the
   *     rest is removed later
   */
  ForgetReport forget(AgentId agent);

  /**
   * Returns what is known of agents that are not forgotten completely, the oldest first: those
   * whose removal has not ended, that are to be looked at once more, or that an open saga names.
   */
  List<ForgetReport> unfinished();
}
