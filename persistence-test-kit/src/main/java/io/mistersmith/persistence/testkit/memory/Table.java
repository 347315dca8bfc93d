package io.mistersmith.persistence.testkit.memory;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The committed rows of one table, and the rows that open transactions hold. Guarded by the {@link
 * MemoryDatabase}.
 */
final class Table<K, V> {

  private final Map<K, V> rows;
  private final Map<K, Map<Transaction, LockMode>> locks = new HashMap<>();

  private Table(Map<K, V> rows) {
    this.rows = rows;
  }

  /** Returns an empty table in the order of insertion. */
  static <K, V> Table<K, V> inOrderOfInsertion() {
    return new Table<>(new LinkedHashMap<>());
  }

  /** Returns an empty table in the order of its keys. */
  static <K extends Comparable<K>, V> Table<K, V> inOrderOfKeys() {
    return new Table<>(new TreeMap<>());
  }

  Map<K, V> rows() {
    return rows;
  }

  /** Returns a table with the same rows; none of them is locked. */
  Table<K, V> copy() {
    return new Table<>(
        rows instanceof TreeMap<K, V> sorted ? new TreeMap<>(sorted) : new LinkedHashMap<>(rows));
  }

  /**
   * Holds the row for the transaction, and returns how it held the row before.
   *
   * @throws RowBusyException when another transaction holds it in a mode that excludes this one
   */
  @Nullable LockMode lock(Transaction by, K key, LockMode mode) {
    Map<Transaction, LockMode> holders = locks.computeIfAbsent(key, same -> new HashMap<>(2));
    holders.forEach(
        (holder, held) -> {
          if (holder != by && held.excludes(mode)) {
            throw new RowBusyException(holder);
          }
        });
    LockMode before = holders.get(by);
    holders.put(by, before == null ? mode : before.stronger(mode));
    return before;
  }

  /** Holds the row only as it was held before. */
  void unlock(Transaction by, K key, @Nullable LockMode before) {
    Map<Transaction, LockMode> holders = locks.get(key);
    if (holders == null) {
      return;
    }
    if (before == null) {
      holders.remove(by);
    } else {
      holders.put(by, before);
    }
    if (holders.isEmpty()) {
      locks.remove(key);
    }
  }
}
