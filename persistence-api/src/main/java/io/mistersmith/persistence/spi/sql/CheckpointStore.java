package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Copies of agents' states in the durable store. Thread-safe. */
public interface CheckpointStore {

  /**
   * Copies the agent's live rows, together with the position of the journal, as they are at one
   * moment, and records {@code checkpoint_created}, in one transaction.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException {@code NOT_FOUND} when the agent
   *     or the parent does not exist, or the parent is another agent's; {@code DEAD_LETTERED} when
   *     the agent has open dead letters and these are not allowed; {@code CONSISTENCY_VIOLATION}
   *     (transient) when the journal is not applied as far as was asked for
   */
  Checkpoint create(NewCheckpoint checkpoint);

  /** The agent's checkpoints, latest first. */
  @SqlAccess.Read
  List<Checkpoint> list(AgentId agent);

  /** A checkpoint. */
  @SqlAccess.Read
  Optional<Checkpoint> find(UUID id);

  /** The agent's latest checkpoint with this name. */
  @SqlAccess.Read
  Optional<Checkpoint> find(AgentId agent, String name);

  /**
   * The entries that a checkpoint holds, its own and those of its parents, as they were; ordered by
   * key.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code NOT_FOUND}
   */
  @SqlAccess.Read
  List<StoredState> entries(UUID id);

  /**
   * Removes those of the agent's checkpoints that exist, all or none, and records an event of this
   * type when there were any, in one transaction; returns how many there were.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code
   *     CONSTRAINT_VIOLATION} when one of them is the parent of one that would stay
   */
  int delete(AgentId agent, Collection<UUID> ids, String eventType);

  /**
   * A checkpoint that is to be made.
   *
   * @param id its id
   * @param agent the agent whose state it copies
   * @param bucket the bucket whose journal brings the state to PostgreSQL
   * @param atLeast how far the journal must be applied
   * @param now the time that times to live are compared with
   * @param name its name
   * @param trigger the reason for it
   * @param parent the checkpoint to hold only the changes since
   * @param allowDeadLetters whether to make it although the agent has open dead letters
   */
  record NewCheckpoint(
      UUID id,
      AgentId agent,
      String bucket,
      Optional<Revision.OfJournal> atLeast,
      Instant now,
      Optional<String> name,
      Optional<String> trigger,
      Optional<UUID> parent,
      boolean allowDeadLetters) {}
}
