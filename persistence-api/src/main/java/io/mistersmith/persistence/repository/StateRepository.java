package io.mistersmith.persistence.repository;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Entries of agents: a repository whose keys have an owner. Thread-safe.
 *
 * <p>The types of an owner's entries share its keys. An entry that cannot be of this repository's
 * type is never answered as one: reading it fails with {@code SERIALIZATION_ERROR}, and a watch
 * leaves it out. For a type that is mapped by its properties that is an object with properties,
 * none of which the type knows; so a type may gain and lose properties, and one whose properties
 * are all renamed at once needs aliases for the old names. Types that share the name of a property
 * cannot be told apart: give their keys prefixes of their own.
 *
 * @param <T> the type of the entries
 */
public interface StateRepository<T> extends Repository<StateKey, T> {

  /**
   * The agent's keys that start with {@code prefix}, from all layers, in no order, whatever type
   * they are of.
   */
  List<StateKey> keys(String agent, String prefix);

  /**
   * Calls {@code listener} for each change of the agent's entries from now on, by any process, one
   * at a time and in order; several changes of a key in quick succession may arrive as the last
   * one. The watch survives reconnects without a gap. Entries that are only moved between the
   * layers are no changes, and entries that are not of this repository's type are left out, except
   * that deletes of their keys are told.
   *
   * @return closes the watch; the listener is not called after that returns
   */
  AutoCloseable watch(String agent, Consumer<StateChangeEvent<T>> listener);

  /** Brings all of the agent's flushed entries into KV that are not there; returns how many. */
  int hydrate(String agent);

  /**
   * Waits until PostgreSQL has committed this write, or a later one to the same key.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     DEAD_LETTERED} when PostgreSQL refused the entry; with {@code CONSISTENCY_VIOLATION} when
   *     the bucket went back in time since the write was made, so that nobody can tell
   * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code
   *     CONNECTION_FAILED} when it is not committed before the deadline; or with the kind of what
   *     PostgreSQL refuses everything for, or {@code TRANSACTION_CONFLICT} where its row is locked
   *     or slow; the write stays queued
   */
  void awaitDurable(StateKey key, Revision revision, Duration deadline);

  /**
   * Has all that was written to {@code key} until now flushed at once, and waits for it; fails as
   * {@link #awaitDurable} does.
   */
  void flush(StateKey key, Duration deadline);

  /**
   * Has all that was written for the agent until now flushed at once, and waits for it; fails as
   * {@link #awaitDurable} does. That includes older writes: with {@code DEAD_LETTERED} as long as
   * any entry of the agent is an open dead letter.
   */
  void flush(String agent, Duration deadline);
}
