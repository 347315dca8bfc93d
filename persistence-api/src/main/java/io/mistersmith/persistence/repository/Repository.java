package io.mistersmith.persistence.repository;

import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.Versioned;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/**
 * Entities of one type, by key (seed section 4.1). Thread-safe.
 *
 * <p>Calls about one entity throw a {@link io.mistersmith.persistence.error.PersistenceException};
 * their asynchronous forms complete with it. Bulk calls never throw for a row: each row is a {@link
 * DataResult}. A call waits no longer than the configured request timeout of the stores it needs.
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
   *     DUPLICATE_KEY} when it exists and should not; with {@code SERIALIZATION_ERROR}, {@code
   *     VALUE_TOO_LARGE} or {@code STORE_FULL} when the value cannot be kept
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
   *     NOT_FOUND} when there is no entity
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
   */
  void delete(K key, Revision expected);

  /** Saves many entities unconditionally, pipelined; a row for each, in the map's order. */
  Map<K, DataResult<Versioned<T>>> saveAll(Map<K, T> values);

  /** Finds many entities at once; a row for each key, empty where there is no entity. */
  Map<K, DataResult<Optional<Versioned<T>>>> findAll(Collection<K> keys);

  /** Deletes many entities; a row for each key, with the revision of the delete. */
  Map<K, DataResult<Revision>> deleteAll(Collection<K> keys);

  /**
   * {@link #save(Object, Object, SaveOptions)} without waiting. Writes are pipelined; when the
   * window of unacknowledged writes is full the call blocks until there is room. Writes that one
   * thread issues for one key are applied in the order in which it issued them when they are
   * unconditional.
   */
  CompletableFuture<Versioned<T>> saveAsync(K key, T value, SaveOptions options);

  /** {@link #find(Object)} without waiting. */
  CompletableFuture<Optional<Versioned<T>>> findAsync(K key);

  /** {@link #delete(Object)} without waiting. */
  CompletableFuture<Void> deleteAsync(K key);
}
