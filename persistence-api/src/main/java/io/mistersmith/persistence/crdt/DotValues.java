package io.mistersmith.persistence.crdt;

import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiPredicate;

/**
 * Dots, and the value of each.
 *
 * @param <V> the type of a dot's value
 */
record DotValues<V>(SortedMap<Dot, V> dots) {

  static <V> DotValues<V> none() {
    return new DotValues<>(new TreeMap<>());
  }

  boolean isEmpty() {
    return dots.isEmpty();
  }

  Collection<V> values() {
    return dots.values();
  }

  /** A dot stays where both sides hold it, or where the other side has not seen it. */
  DotValues<V> join(Seen mine, DotValues<V> other, Seen theirs) {
    SortedMap<Dot, V> joined = new TreeMap<>();
    dots.forEach(
        (dot, value) -> {
          V twin = other.dots.get(dot);
          if (twin != null) {
            joined.put(dot, larger(value, twin));
          } else if (!theirs.covers(dot)) {
            joined.put(dot, value);
          }
        });
    other.dots.forEach(
        (dot, value) -> {
          if (!dots.containsKey(dot) && !mine.covers(dot)) {
            joined.put(dot, value);
          }
        });
    return new DotValues<>(joined);
  }

  /** They differ only where two writers used one name: then all replicas must pick the same. */
  private V larger(V value, V twin) {
    return JsonValue.compare(value, twin) >= 0 ? value : twin;
  }

  /** These with another dot in place of those that it replaces. */
  DotValues<V> replace(BiPredicate<Dot, V> replaced, Dot dot, V value) {
    SortedMap<Dot, V> changed = without(replaced).dots();
    changed.put(dot, value);
    return new DotValues<>(changed);
  }

  DotValues<V> without(BiPredicate<Dot, V> removed) {
    SortedMap<Dot, V> rest = new TreeMap<>(dots);
    rest.entrySet().removeIf(entry -> removed.test(entry.getKey(), entry.getValue()));
    return new DotValues<>(rest);
  }
}
