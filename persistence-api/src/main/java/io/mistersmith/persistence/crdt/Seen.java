package io.mistersmith.persistence.crdt;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** How many changes of each replica a value has seen; those it has seen are the first ones. */
record Seen(SortedMap<String, Long> counts) {
  static final Seen NOTHING = new Seen(new TreeMap<>());

  boolean covers(Dot dot) {
    return counts.getOrDefault(dot.replica(), 0L) >= dot.counter();
  }

  boolean covers(Seen other) {
    return other.counts.entrySet().stream()
        .allMatch(entry -> covers(new Dot(entry.getKey(), entry.getValue())));
  }

  Dot next(String replica) {
    if (replica.isBlank()) {
      throw new IllegalArgumentException(
          "the replica's name is blank; give each writer a name of its own");
    }
    return new Dot(replica, Math.addExact(counts.getOrDefault(replica, 0L), 1));
  }

  Seen with(Dot dot) {
    return merge(Map.of(dot.replica(), dot.counter()));
  }

  Seen merge(Seen other) {
    return merge(other.counts);
  }

  private Seen merge(Map<String, Long> other) {
    SortedMap<String, Long> all = new TreeMap<>(counts);
    other.forEach((replica, count) -> all.merge(replica, count, Math::max));
    return new Seen(all);
  }
}
