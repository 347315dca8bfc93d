package io.mistersmith.persistence.state;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The results of one query that is asked far more often than its answer changes, kept in the bucket
 * {@code QUERY_CACHE} for all processes. Thread-safe.
 *
 * <p>A result is kept until it is invalidated, or its time to live is over. Invalidate after the
 * change that it is to show: once {@link #invalidate} has returned, no process that NATS answers is
 * given a result whose loading began before it, also when that loading ends later. Nothing
 * invalidates a result by itself.
 *
 * <p>The cache never makes a query fail. While NATS does not answer, calls load from the source;
 * results that are larger than an entry may be, or that took longer to load than half of the
 * bucket's maximum age, are returned and not kept. Callers of one process that miss the same result
 * at once load it once; processes do not wait for each other.
 *
 * @param <T> the type of the results
 */
public interface QueryCache<T> {

  /**
   * Returns the result of the query with these parameters: the kept one, or else the one that
   * {@code source} returns, which is then kept, also if it is empty.
   *
   * @param parameters any text that tells this result from others of the same query; may be empty
   * @param source loads the result; all callers that wait for it get its exception
   */
  Optional<T> find(String parameters, Supplier<Optional<T>> source);

  /** {@link #find} of a result that always exists. */
  default T get(String parameters, Supplier<T> source) {
    return find(parameters, () -> Optional.of(source.get()))
        .orElseGet(source); // another caller, who used find, has kept that there is none
  }

  /**
   * Drops the result with these parameters in all processes.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when NATS did not acknowledge it:
   *     it may or may not be dropped; try again
   */
  void invalidate(String parameters);

  /** Drops all results of this query in all processes; otherwise like {@link #invalidate}. */
  void invalidateAll();

  /**
   * Returns this cache with a time to live for results that are kept from now on; never longer than
   * the bucket's maximum age (5 minutes unless configured otherwise).
   */
  QueryCache<T> withTimeToLive(Duration timeToLive);

  /** Returns this cache's statistics in this process. */
  QueryCache.Stats stats();

  /**
   * The statistics of the cache of one query in one process since it was obtained.
   *
   * @param hits calls that were answered from the bucket
   * @param loads results that the source gave
   * @param failures times that the source failed
   * @param shared calls that were answered by another caller's load
   * @param bypassed calls that went to the source because NATS did not answer
   * @param notKept results that were not kept: too large, too slow, or invalidated meanwhile
   * @param invalidations acknowledged invalidations by this process
   */
  record Stats(
      long hits,
      long loads,
      long failures,
      long shared,
      long bypassed,
      long notKept,
      long invalidations) {}
}
