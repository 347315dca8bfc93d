package io.mistersmith.persistence.state;

import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.Versioned;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/**
 * Entities of one type, by key: the calls that every repository has. Thread-safe. Calls that only
 * some repositories have are in interfaces of their own: {@link Bulk}, {@link Async} and {@link
 * Durable}.
 *
 * <p>Calls throw a {@link io.mistersmith.persistence.error.PersistenceException}. A call waits no
 * longer than the configured request timeout of the stores it needs.
 *
 * <p>A successful read in this process never returns a revision older than the process's last
 * acknowledged write of the key, or its last read of it.
 *
 * @param <K> the type of the keys
 * @param <T> the type of the entities
 */
public interface Repository<K, T> {

  /** Creates or replaces the entity: {@link SaveOptions#unconditional()}. */
  default Versioned<T> save(K key, T value) {
    return save(key, value, SaveOptions.unconditional());
  }

  /**
   * Creates or replaces the entity.
   *
   * @return the value with the revision of exactly this write
   * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code
   *     VERSION_CONFLICT} when the entity has another revision than expected; the store is
   *     unchanged
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     DUPLICATE_KEY} when it exists and should not; with {@code TTL_EXPIRED} when the time of the
   *     expected revision is over; with {@code SERIALIZATION_ERROR}, {@code VALUE_TOO_LARGE} or
   *     {@code STORE_FULL} when the value cannot be kept
   */
  Versioned<T> save(K key, T value, SaveOptions options);

  /** The entity, unless it was never saved, is deleted, or its time to live has passed. */
  Optional<Versioned<T>> find(K key);

  /**
   * Changes the entity by compare-and-set in a bounded loop: {@code change} is applied to the
   * latest value, and again to a later one when another writer was faster; it must be free of side
   * effects.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     NOT_FOUND} when there is no entity; with {@code TTL_EXPIRED} when its time ends before the
   *     change is stored
   * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code
   *     VERSION_CONFLICT} when other writers were faster each time
   */
  Versioned<T> update(K key, UnaryOperator<T> change);

  /** Deletes the entity whatever its revision; a no-op when there is none. */
  void delete(K key);

  /**
   * Deletes the entity if it still has this revision.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code
   *     VERSION_CONFLICT} when it has another one, or is absent
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     TTL_EXPIRED} when the time of that revision is over
   */
  void delete(K key, Revision expected);

  /**
   * Calls about many entities at once. They never throw for a row: each row is a {@link
   * DataResult}. Thread-safe.
   *
   * @param <K> the type of the keys
   * @param <T> the type of the entities
   */
  interface Bulk<K, T> {

    /** Saves many entities unconditionally, pipelined; a row for each, in the map's order. */
    Map<K, DataResult<Versioned<T>>> saveAll(Map<K, T> values);

    /** Finds many entities at once; a row for each key, empty where there is no entity. */
    Map<K, DataResult<Optional<Versioned<T>>>> findAll(Collection<K> keys);

    /**
     * Deletes many entities; a row for each key. The row of an entry of a bucket has the revision
     * of the delete, which is a write of its own whether there was an entry or not. The row of an
     * entity that only PostgreSQL counts has the revision that the entity had, and is empty where
     * there was none.
     */
    Map<K, DataResult<Optional<Revision>>> deleteAll(Collection<K> keys);
  }

  /**
   * Calls that do not wait. Their futures complete with the exception that the call which waits
   * would throw. Thread-safe.
   *
   * @param <K> the type of the keys
   * @param <T> the type of the entities
   */
  interface Async<K, T> {

    /**
     * {@link Repository#save(Object, Object, SaveOptions)} without waiting. Writes are pipelined;
     * when the window of unacknowledged writes is full the call blocks until there is room. Writes
     * that one thread issues for one key are applied in the order in which it issued them when they
     * are unconditional.
     */
    CompletableFuture<Versioned<T>> saveAsync(K key, T value, SaveOptions options);

    /** {@link Repository#find(Object)} without waiting. */
    CompletableFuture<Optional<Versioned<T>>> findAsync(K key);

    /** {@link Repository#delete(Object)} without waiting. */
    CompletableFuture<Void> deleteAsync(K key);
  }

  /**
   * Entities whose writes are acknowledged before PostgreSQL has them, so that a caller may have to
   * wait for the commit. Thread-safe.
   *
   * @param <K> the type of the keys
   */
  interface Durable<K> {

    /**
     * Waits until PostgreSQL has committed this write, or a later one to the same key.
     *
     * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
     *     DEAD_LETTERED} when PostgreSQL refused the entity; with {@code CONSISTENCY_VIOLATION}
     *     when the bucket went back in time since the write was made, so that the outcome is
     *     unknown; with {@code MISCONFIGURED} for data that is kept in KV alone
     * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code
     *     CONNECTION_FAILED} when it is not committed before the deadline; or with the kind of what
     *     PostgreSQL refuses everything for, or {@code TRANSACTION_CONFLICT} where its row is
     *     locked or slow; the write stays queued
     */
    void awaitDurable(K key, Revision revision, Duration deadline);

    /**
     * Has all that was written to {@code key} until now flushed at once, and waits for it; fails as
     * {@link #awaitDurable} does.
     */
    void flush(K key, Duration deadline);
  }
}
