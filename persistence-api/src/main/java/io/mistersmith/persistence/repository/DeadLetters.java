package io.mistersmith.persistence.repository;

import java.util.List;
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
}
