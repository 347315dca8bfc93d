package io.mistersmith.persistence.core.internal.log;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What a read has found: entries, and versions that are taken by something else. Those are markers
 * of an owner that was deleted, and messages of other programs. Used by one thread.
 */
final class Seen {

  private final NavigableMap<Long, RawEntry> entries = new TreeMap<>();
  private final Map<Long, Long> passedOver = new HashMap<>();

  NavigableMap<Long, RawEntry> entries() {
    return entries;
  }

  void add(RawEntry entry) {
    entries.putIfAbsent(entry.version(), entry);
  }

  /** Notes a version that has a message of that time, which is no entry. */
  void passOver(long version, long millis) {
    passedOver.put(version, millis);
  }

  private boolean has(long version) {
    return entries.containsKey(version) || passedOver.containsKey(version);
  }

  List<Long> missing(long from, long to) {
    List<Long> missing = new ArrayList<>();
    for (long version = from; version <= to; version++) {
      if (!has(version)) {
        missing.add(version);
      }
    }
    return missing;
  }

  /**
   * Returns the end, where what was found says more than was known. That a version was not found
   * says nothing: a replica may not have it yet, and the removal of a log may leave nothing behind.
   *
   * @param since when the bucket was asked
   * @param isLatest whether it answered with all that was acknowledged
   */
  Tail reached(Tail known, long since, boolean isLatest) {
    long last = known.version();
    while (has(last + 1)) {
      last++;
    }
    if (last == known.version()) {
      return known;
    }
    RawEntry entry = entries.get(last);
    if (entry != null) {
      return entry.asTail(isLatest ? since : Math.min(since, entry.writtenAt().toEpochMilli()));
    }
    return new Tail(
        last, known.bytes(), Math.min(since, Objects.requireNonNull(passedOver.get(last))));
  }
}
