package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The durable copy of the agents' state, written by {@link JournalStore#apply} alone. Thread-safe.
 */
public interface StateStore {

  /** The row of a key, tombstones too. */
  Optional<StoredState> find(StateKey key);

  /** The rows of those keys that have one, tombstones too. */
  Map<StateKey, StoredState> findAll(Collection<StateKey> keys);

  /** The rows of the owner's keys that start with {@code prefix}, tombstones too. */
  List<StoredState> findByAgent(String agent, String prefix);

  /**
   * The owner's keys that start with {@code prefix} and have a row, tombstones too. Reads no value:
   * neither the store nor the caller needs memory for more than the keys.
   */
  List<StoredKey> keys(String agent, String prefix);

  /**
   * The checksums of those keys that have a row with one: SHA-256 of the exact bytes that were
   * written, in lower-case hexadecimal digits; of no bytes for a tombstone.
   */
  Map<StateKey, String> checksums(Collection<StateKey> keys);

  /** Rows whose agent is not registered, which the schema's foreign key should prevent. */
  List<StateKey> orphans(int limit);

  /** Removes those of the rows whose agent still is not registered; returns how many. */
  int removeOrphans(Collection<StateKey> keys);

  /**
   * How many live rows there are: counted up to about 100,000, beyond that the store's estimate,
   * which may count tombstones in.
   */
  long count();

  /**
   * Removes tombstones and expired rows that are older than {@code retention}; returns how many. A
   * tombstone's age counts from the later of its write and its commit.
   */
  int sweep(Duration retention);
}
