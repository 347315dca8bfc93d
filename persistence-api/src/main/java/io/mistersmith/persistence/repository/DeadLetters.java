package io.mistersmith.persistence.repository;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
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
   * few hundred of them in memory at a time, without their values. The call takes as long as it
   * takes; what it has replayed when it fails stays replayed.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when PostgreSQL cannot
   *     be reached; the same call goes on with what is left
   */
  Replay replayAll(Filter filter);

  /**
   * Which dead letters are meant; all fields that are present must match. Immutable; start from
   * {@link #all()}.
   *
   * @param agent whose entries
   * @param error the kind of refusal
   * @param sqlState the SQLSTATE that PostgreSQL refused with
   * @param writtenFrom written at this time or later
   * @param writtenBefore written before this time
   */
  record Filter(
      Optional<String> agent,
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
    public Filter ofAgent(String id) {
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
   * What became of the dead letters that were to be replayed.
   *
   * @param replayed how many are in PostgreSQL now, or a later write of their key is
   * @param refused how many PostgreSQL still refuses; they stay open
   * @param firstRefusal why the first of those is refused
   */
  record Replay(long replayed, long refused, Optional<PersistenceException> firstRefusal) {}
}
