package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The entries that the durable store refused; written by {@link JournalStore#apply}. Thread-safe.
 */
public interface DeadLetterStore {

  /** The open dead letters, oldest first. */
  @SqlAccess.Read
  List<DeadLetter> open(int limit);

  /** How many are open. */
  @SqlAccess.Read
  long count();

  /** An open dead letter of this key whose revision is {@code from} or later. */
  @SqlAccess.Read
  Optional<DeadLetter> openFor(String bucket, StateKey key, Revision.OfJournal from);

  /** The oldest open dead letter of any key of this agent. */
  @SqlAccess.Read
  Optional<DeadLetter> openForAgent(String bucket, AgentId agent);

  /**
   * The open dead letters that match, by bucket and then oldest first.
   *
   * @param after the last one of the page before; empty for the first page
   */
  @SqlAccess.Read
  List<DeadLetter> page(DeadLetters.Filter filter, Optional<DeadLetter> after, int limit);

  /** The subjects of a bucket that have an open dead letter. */
  @SqlAccess.Read
  Set<String> openSubjects(String bucket);

  /** The refused change with its exact bytes; empty when there is no such open dead letter. */
  @SqlAccess.Read
  Optional<StateChange> change(UUID id);

  /** See {@link io.mistersmith.persistence.operations.DeadLetters#replay}. */
  boolean replay(UUID id);

  /**
   * Replays the letters, each as {@link #replay} does. A refused letter does not block the others.
   *
   * @param ids the letters, each once
   * @return the outcome of each letter, in their order
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when the store does not
   *     answer; some letters may have been replayed before
   */
  Map<UUID, DataResult<Boolean>> replayAll(Collection<UUID> ids);
}
