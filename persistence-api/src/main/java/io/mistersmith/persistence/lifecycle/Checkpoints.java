package io.mistersmith.persistence.lifecycle;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Copies of agents' states, to go back to or to begin another agent with. They are kept in
 * PostgreSQL, and go with their agent when it is deleted. Thread-safe.
 *
 * <p>What takes a deadline ends within it, and all else within the statement timeout. A failure
 * names the agent and the checkpoint. An unknown checkpoint is {@code NOT_FOUND}. After {@code
 * CONNECTION_FAILED} it is unknown whether a checkpoint was made or removed; {@link #list} tells.
 */
public interface Checkpoints {

  /**
   * Copies all of the agent's live entries as they stood at one point of the journal: every write
   * to any of its keys that was acknowledged to this process before the call is in the copy, and
   * none is without those that were acknowledged before it, whichever key and process they are of.
   * Writers go on meanwhile. Deleted and expired entries are not in it; the times at which entries
   * end are, and where their versions come from.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException {@code NOT_FOUND} when the agent
   *     is not registered; {@code DEAD_LETTERED} when PostgreSQL refused one of its entries, unless
   *     that is allowed; {@code CONNECTION_FAILED} (transient) when PostgreSQL has not got the
   *     agent's writes within the deadline; {@code CONSTRAINT_VIOLATION} when the copy is larger
   *     than a document in PostgreSQL can be, 256 MB
   */
  Checkpoint create(UUID agent, CheckpointOptions options);

  /** The agent's checkpoints, latest first. */
  List<Checkpoint> list(UUID agent);

  /** A checkpoint. */
  Optional<Checkpoint> find(UUID checkpoint);

  /** The entries of a checkpoint, as they were, by key; with those of the ones that it needs. */
  <T> Map<StateKey, Versioned<T>> read(UUID checkpoint, Class<T> type);

  /**
   * Puts the agent's state back to what the checkpoint holds: writes what differs, deletes what the
   * checkpoint has not, and waits until PostgreSQL has it. Entries whose time is over by now stay
   * gone.
   *
   * <p>These are writes like any others: acknowledged by KV, in the journal, each with a new
   * revision, seen by watches. Where conflicts are resolved they are later than what stood there
   * and than what the checkpoint holds, so that no rule takes either of these back. It is no lock.
   * Of a write that is made beside it, the one that comes later in the journal stands, key by key;
   * a key that is made beside it may be left. Stop the agent where that must not be.
   *
   * <p>A restore that fails or dies half way leaves some keys restored and the others as they were.
   * Run it again: it does what is missing.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException {@code CONNECTION_FAILED}
   *     (transient) when it was not done within the deadline
   */
  Restored restore(UUID checkpoint, Duration deadline);

  /**
   * Gives another agent, or one without entries, the content of the checkpoint, as {@link #restore}
   * does. It needs the checkpoint no more afterwards.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException {@code NOT_FOUND} when that agent
   *     is not registered; {@code DUPLICATE_KEY} when it has entries, unless they are to be
   *     replaced. A fork that was cut off leaves some: run it again with {@link
   *     ForkOptions#replacing}
   */
  Restored fork(UUID checkpoint, UUID toAgent, ForkOptions options);

  /**
   * Deletes a checkpoint; returns false when there is none.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     CONSTRAINT_VIOLATION} when another one needs it, which the message names
   */
  boolean delete(UUID checkpoint);

  /** Deletes those of the agent's checkpoints that the rule lets go and that no kept one needs. */
  Pruned prune(UUID agent, PruneRule rule);
}
