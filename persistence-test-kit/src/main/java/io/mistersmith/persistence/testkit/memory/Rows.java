package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One table as a transaction sees it: the committed rows, or those of its snapshot, and over them
 * what the transaction itself has changed.
 */
final class Rows<K, V> {

  /** Is told of each change of a row, in the order of the statements. */
  @FunctionalInterface
  interface Observer<K, V> {
    void changed(K key, Optional<V> before, Optional<V> after);
  }

  private final Transaction transaction;
  private final Table<K, V> table;
  private final Map<K, V> seen;
  private Map<K, Optional<V>> changes = new LinkedHashMap<>();
  private final List<Predicate<K>> read = new ArrayList<>(0);
  private Observer<K, V> observer = (key, before, after) -> {};

  /** The rows of {@code table} as they are in {@code seen}, which may be the table itself. */
  Rows(Transaction transaction, Table<K, V> table, Table<K, V> seen) {
    this.transaction = transaction;
    this.table = table;
    this.seen = seen.rows();
  }

  /** Adds an observer after those that there are. */
  void observe(Observer<K, V> listener) {
    Observer<K, V> earlier = observer;
    observer =
        (key, before, after) -> {
          earlier.changed(key, before, after);
          listener.changed(key, before, after);
        };
  }

  Optional<V> find(K key) {
    note(key::equals);
    return present(key);
  }

  private Optional<V> present(K key) {
    Optional<V> changed = changes.get(key);
    return changed == null ? Optional.ofNullable(seen.get(key)) : changed;
  }

  boolean contains(K key) {
    return find(key).isPresent();
  }

  /** Returns all rows, in the order of insertion unless the table is sorted. */
  Stream<V> all() {
    note(key -> true);
    return entries(seen, key -> true).map(Map.Entry::getValue);
  }

  /** Returns the rows of a sorted table from this key on whose keys pass; in no order. */
  Stream<V> from(K first, Predicate<K> passes) {
    note(passes);
    SortedMap<K, V> tail = ((SortedMap<K, V>) seen).tailMap(first);
    return entries(tail, passes).map(Map.Entry::getValue);
  }

  private Stream<Map.Entry<K, V>> entries(Map<K, V> rows, Predicate<K> passes) {
    Stream<Map.Entry<K, V>> old =
        rows.entrySet().stream().takeWhile(row -> passes.test(row.getKey()));
    if (changes.isEmpty()) {
      return old;
    }
    return Stream.concat(
        old.flatMap(
            row ->
                changes.getOrDefault(row.getKey(), Optional.of(row.getValue())).stream()
                    .map(now -> Map.entry(row.getKey(), now))),
        changes.entrySet().stream()
            .filter(change -> passes.test(change.getKey()) && !seen.containsKey(change.getKey()))
            .flatMap(
                change -> change.getValue().map(row -> Map.entry(change.getKey(), row)).stream()));
  }

  /** Adds or replaces a row. */
  void put(K key, V row) {
    hold(key, LockMode.UPDATE);
    change(key, Optional.of(row));
  }

  /** Removes a row; returns whether there was one. */
  boolean remove(K key) {
    if (!contains(key)) {
      return false;
    }
    hold(key, LockMode.DELETE);
    change(key, Optional.empty());
    return true;
  }

  private void change(K key, Optional<V> row) {
    Optional<V> before = present(key);
    changes.put(key, row);
    observer.changed(key, before, row);
  }

  /** Removes the rows that match; returns how many. */
  int removeIf(Predicate<V> matches) {
    note(key -> true);
    List<K> matching =
        entries(seen, key -> true)
            .filter(row -> matches.test(row.getValue()))
            .map(Map.Entry::getKey)
            .toList();
    matching.forEach(this::remove);
    return matching.size();
  }

  /** Removes up to so many rows whose keys match; returns how many. */
  int removeKeys(Predicate<K> matches, int limit) {
    note(matches);
    List<K> matching =
        entries(seen, key -> true).map(Map.Entry::getKey).filter(matches).limit(limit).toList();
    matching.forEach(this::remove);
    return matching.size();
  }

  /** Holds a row that is about to be read and changed. */
  void lock(K key) {
    hold(key, LockMode.UPDATE);
  }

  /** {@link #lock} of a row that no other transaction holds; returns false for any other. */
  boolean tryLock(K key) {
    try {
      lock(key);
      return true;
    } catch (RowBusyException e) {
      return false;
    }
  }

  /** Holds a row that another one refers to; returns whether it exists. */
  boolean refer(K key) {
    if (!contains(key)) {
      return false;
    }
    hold(key, LockMode.REFERENCE);
    return true;
  }

  private void hold(K key, LockMode mode) {
    transaction.hold(table, key, mode);
    V committed = table.rows().get(key);
    boolean changedSince =
        mode == LockMode.REFERENCE
            ? committed == null && seen.containsKey(key)
            : committed != seen.get(key);
    if (changedSince) {
      throw new TransientPersistenceException(
          DataError.TRANSACTION_CONFLICT,
          "SQLSTATE 40001, a row was changed by another transaction since this one began");
    }
  }

  private void note(Predicate<K> keys) {
    if (transaction.isSerializable()) {
      read.add(keys);
    }
  }

  /** Whether a row that was read has been changed by others since. */
  boolean hasReadWhatChanged() {
    return !read.isEmpty()
        && Stream.concat(seen.keySet().stream(), table.rows().keySet().stream())
            .filter(key -> seen.get(key) != table.rows().get(key))
            .anyMatch(key -> read.stream().anyMatch(keys -> keys.test(key)));
  }

  boolean isChanged() {
    return !changes.isEmpty();
  }

  Map<K, Optional<V>> changes() {
    return changes.isEmpty() ? Map.of() : new LinkedHashMap<>(changes);
  }

  @SuppressWarnings("unchecked") // what changes() returned
  void putBack(Map<?, ?> before) {
    changes = new LinkedHashMap<>((Map<K, Optional<V>>) before);
  }

  void commit() {
    changes.forEach(
        (key, change) -> {
          @Nullable V row = change.orElse(null);
          if (row == null) {
            table.rows().remove(key);
          } else {
            table.rows().put(key, row);
          }
        });
  }
}
