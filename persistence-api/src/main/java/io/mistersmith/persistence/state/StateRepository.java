package io.mistersmith.persistence.state;

import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Entries of agents: a repository whose keys have an owner. Thread-safe. {@link
 * io.mistersmith.persistence.agent.AgentLifecycle} hydrates and flushes all entries of an agent.
 *
 * <p>A type whose data is kept in KV alone refuses calls that wait for PostgreSQL as {@code
 * MISCONFIGURED}: {@link #awaitDurable}, {@link #flush} and the durability {@code SQL_COMMITTED}.
 *
 * <p>A named {@link StateType} has keys of its own; untyped entries of an owner share theirs,
 * whatever class they are mapped to. An entry that cannot be of this repository's type is never
 * returned as one: reading it fails with {@code SERIALIZATION_ERROR}, and a watch leaves it out.
 * For a type that is mapped by its properties, such an entry is an object with properties, none of
 * which the type knows. So a type may gain and lose properties; a type whose properties are all
 * renamed at once needs aliases for the old names. Types that share the name of a property cannot
 * be told apart: give them named types.
 *
 * @param <T> the type of the entries
 */
public interface StateRepository<T>
    extends Repository<StateKey, T>,
        Repository.Bulk<StateKey, T>,
        Repository.Async<StateKey, T>,
        Repository.Durable<StateKey> {

  /**
   * Changes the entry, or makes it where there is none, by compare-and-set in a bounded loop:
   * {@code change} is applied to the latest value, or to {@code initial} if the key is absent, and
   * again when another writer was faster. It may run several times and must be free of side
   * effects. Its exceptions pass through, and nothing is written.
   *
   * <p>The end of an entry that exists is kept; a new one has the type's time to live.
   *
   * @param initial the argument of {@code change} if there is no entry; it is not saved itself
   * @param deadline how long to repeat the loop; less than 10 ms counts as 10 ms. No attempt begins
   *     later; the last one may take as long as any other call
   * @return the version that was stored
   * @throws io.mistersmith.persistence.error.TransientPersistenceException with {@code
   *     VERSION_CONFLICT} when other writers were faster each time until the deadline; nothing was
   *     written
   */
  Versioned<T> update(StateKey key, T initial, UnaryOperator<T> change, Duration deadline);

  /** {@link #update(StateKey, Object, UnaryOperator, Duration)}, for 5 seconds. */
  default Versioned<T> update(StateKey key, T initial, UnaryOperator<T> change) {
    return update(key, initial, change, Duration.ofSeconds(5));
  }

  /**
   * Returns the agent's keys of this type that start with {@code prefix}, from all layers, in the
   * order of the bytes of their UTF-8 text.
   */
  List<StateKey> keys(AgentId agent, String prefix);

  /**
   * Returns a page of {@link #keys(AgentId, String)}, in the same order. Keys that are saved or
   * deleted between two pages are on the next one or not; all others are on exactly one.
   *
   * @param prefix the prefix of the keys; empty for all
   * @param after the key, without the agent, that the page comes after: the last one of the page
   *     before, empty for the first page. It need not exist
   * @param limit how many keys the page has at most; fewer are on the last page alone
   * @throws IllegalArgumentException when {@code limit} is less than 1
   */
  List<StateKey> keys(AgentId agent, String prefix, String after, int limit);

  /**
   * Returns a page of this type's entries that the query selects, in PostgreSQL, by key; a row for
   * each, as {@link Repository.Bulk#findAll} has it. Fewer than the query's limit are on the last
   * page alone; ask for the next one with {@code query.after(last key)}. An entry that is selected
   * all the while is on exactly one page.
   *
   * <p>It sees the rows that are committed in PostgreSQL, and nothing else: a write that is not
   * flushed yet is missing (normally those of the last 200 ms), and an entry that was changed or
   * deleted since its last flush is found as it was then. {@link #flush}, {@link #awaitDurable} and
   * the durability {@code SQL_COMMITTED} wait for what a search must see; {@code find} has the
   * present value. So it may return an older revision than this process wrote or read. Expired
   * entries are left out. It never asks a replica.
   *
   * <p>Needs the set of migrations {@code state_search}, which adds its indexes. Every flush writes
   * to them.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     MISCONFIGURED} when the set is not applied, or the type's data is kept in KV alone; with
   *     {@code SERIALIZATION_ERROR} when the query's part is no JSON that an entry can have
   */
  Map<StateKey, DataResult<Versioned<T>>> search(StateQuery query);

  /**
   * Calls {@code listener} for each change of the agent's entries from now on, by any process, one
   * at a time and in order; several changes of a key in quick succession may arrive as the last
   * one. The watch survives reconnects without a gap. Entries that are only moved between the
   * layers are no changes, and entries of other named types are no part of it. An untyped entry
   * that is not of this repository's class is left out; the delete of its key is not.
   *
   * @return the watch, which ends when it is closed
   */
  default Watch watch(AgentId agent, Consumer<StateChangeEvent<T>> listener) {
    return watch(agent, "", listener);
  }

  /** {@link #watch(AgentId, Consumer)}, of those keys that start with {@code prefix}. */
  Watch watch(AgentId agent, String prefix, Consumer<StateChangeEvent<T>> listener);

  /** A listener that follows changes. Thread-safe. */
  interface Watch extends AutoCloseable {

    /**
     * Ends the watch. Waits up to 10 seconds for a call of the listener that is under way; none
     * begins afterwards.
     */
    @Override
    void close();
  }

  /**
   * A change that a watch saw.
   *
   * @param key the entry that changed
   * @param revision the revision of the change
   * @param value what the entry is now, empty when it was deleted
   * @param <T> the type of the entry
   */
  record StateChangeEvent<T>(StateKey key, Revision revision, Optional<Versioned<T>> value) {}
}
