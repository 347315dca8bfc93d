package io.mistersmith.persistence.operations;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The entries that PostgreSQL refused. Each is kept with its exact bytes until it is replayed, or
 * until a later write of its key succeeds. Thread-safe.
 */
public interface DeadLetters {

  /** The open dead letters, oldest first, at most {@code limit}. */
  List<DeadLetter> open(int limit);

  /** How many are open. */
  long count();

  /**
   * Writes the entry to PostgreSQL now, unless a later write of its key is there already.
   *
   * @return whether the entry, or a later one, is in PostgreSQL; the dead letter is closed then
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     NOT_FOUND} when there is no such open dead letter; with {@code CONSTRAINT_VIOLATION} when
   *     PostgreSQL still refuses the entry, which stays open
   */
  boolean replay(UUID id);

  /**
   * Replays all open dead letters that match, each in a transaction of its own, oldest first within
   * a bucket. Those that PostgreSQL still refuses stay open and stop none of the others. Holds a
   * few hundred of them in memory at a time, without their values. The call has no deadline. When
   * it fails, the letters that it has replayed stay replayed.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when PostgreSQL cannot
   *     be reached; the same call continues with the rest
   */
  Replay replayAll(Filter filter);

  /**
   * Selects dead letters; all fields that are present must match. Immutable; start from {@link
   * #all()}.
   *
   * @param agent the owner of the entries
   * @param error the kind of refusal
   * @param sqlState the SQLSTATE that PostgreSQL refused with
   * @param writtenFrom written at this time or later
   * @param writtenBefore written before this time
   */
  record Filter(
      Optional<AgentId> agent,
      Optional<DataError> error,
      Optional<String> sqlState,
      Optional<Instant> writtenFrom,
      Optional<Instant> writtenBefore) {

    /** Matches every dead letter. */
    public static Filter all() {
      return new Filter(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** This filter, for one agent's entries. */
    public Filter ofAgent(AgentId id) {
      return new Filter(Optional.of(id), error, sqlState, writtenFrom, writtenBefore);
    }

    /** This filter, for one kind of refusal. */
    public Filter withError(DataError kind) {
      return new Filter(agent, Optional.of(kind), sqlState, writtenFrom, writtenBefore);
    }

    /** This filter, for one SQLSTATE, such as {@code P0001}. */
    public Filter withSqlState(String state) {
      return new Filter(agent, error, Optional.of(state), writtenFrom, writtenBefore);
    }

    /** This filter, for entries written from one time until before another. */
    public Filter writtenBetween(Instant from, Instant before) {
      return new Filter(agent, error, sqlState, Optional.of(from), Optional.of(before));
    }
  }

  /**
   * The result of a replay of dead letters.
   *
   * @param replayed how many are in PostgreSQL now, or a later write of their key is
   * @param refused how many PostgreSQL still refuses; they stay open
   * @param firstRefusal why the first of those is refused
   */
  record Replay(long replayed, long refused, Optional<PersistenceException> firstRefusal) {}

  /**
   * An acknowledged entry that PostgreSQL refused.
   *
   * @param id names the dead letter
   * @param bucket the bucket it was written to
   * @param subject the subject it was published on, which says the key when the key is no legal one
   * @param key the key, where the subject could be decoded
   * @param revision the revision of the write
   * @param error the kind of refusal
   * @param sqlState the SQLSTATE that PostgreSQL refused with; empty when it was not asked
   * @param reason what PostgreSQL said, with SQLSTATE and constraint
   * @param writtenAt when the entry was written
   */
  record DeadLetter(
      UUID id,
      String bucket,
      String subject,
      Optional<StateKey> key,
      Revision.OfJournal revision,
      DataError error,
      Optional<String> sqlState,
      String reason,
      Instant writtenAt) {}
}
