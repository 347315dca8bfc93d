package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.LogStore.StoredEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads entries by their versions: from the bucket those that are there, from PostgreSQL the
 * others.
 *
 * <p>Versions have no gaps, so that a version which neither store has is behind the end. The end is
 * therefore found by asking for a few versions more than the last known one, in the request that
 * asks for the entries and the head. Thread-safe.
 */
final class LogReader {

  private static final Logger LOG = LoggerFactory.getLogger(LogReader.class);

  /** How many versions after the last known one are asked for. */
  private static final int AHEAD = 4;

  /** How many entries one request asks for. */
  private static final int CHUNK = 512;

  private final LogContext context;
  private final Heads heads;

  LogReader(LogContext context, Heads heads) {
    this.context = context;
    this.heads = heads;
  }

  /**
   * A part of a log.
   *
   * @param head the head that was read with it
   * @param tail the end of the log, as far as it was looked for
   * @param entries the entries by their versions, also those before the head's first one
   */
  record Part(Head head, Tail tail, NavigableMap<Long, RawEntry> entries) {

    /** Returns the entries of these versions that are part of the log. */
    List<RawEntry> between(long from, long to) {
      long first = Math.max(from, head.first());
      return first > to ? List.of() : List.copyOf(entries.subMap(first, true, to, true).values());
    }
  }

  /** Returns where the log ended lately: the true end is there or later, and not evicted. */
  Tail knownTail(LogId log) {
    return context
        .memory(log)
        .tail()
        .filter(tail -> context.freshness().isFresh(tail.sinceMillis()))
        .orElseGet(() -> findTail(log));
  }

  /**
   * Asks both stores. A fresh last message in the bucket is the end: a later one would be younger,
   * and could not have been evicted before it.
   */
  private Tail findTail(LogId log) {
    LogMemory memory = context.memory(log);
    memory.forgetTail();
    long since = context.freshness().now();
    Optional<HotEntry> hot =
        context
            .reads()
            .latest(log.owner(), log.path())
            .filter(entry -> entry.operation() == Operation.PUT);
    Tail tail = hot.flatMap(entry -> tail(log, entry, since)).orElse(new Tail(0, 0, since));
    if (hot.isEmpty() || !context.freshness().isFresh(hot.get().time())) {
      Tail row =
          context
              .rows()
              .last(log.owner(), log.log())
              .map(found -> RawEntry.of(log, found).asTail(since))
              .orElse(new Tail(0, 0, since));
      tail = row.version() > tail.version() ? row : tail;
      long before = heads.read(log).head().first() - 1;
      tail = before > tail.version() ? new Tail(before, 0, since) : tail;
    }
    memory.note(tail);
    return tail;
  }

  private static Optional<Tail> tail(LogId log, HotEntry entry, long since) {
    return LogStore.Key.of(entry.key())
        .map(key -> RawEntry.of(log, key.version(), entry).asTail(since));
  }

  /**
   * Reads the entries of these versions, as many of them as there are.
   *
   * @param from the first one; the log is then looked through without a gap
   * @param to the last one; {@link Long#MAX_VALUE} for the end of the log
   */
  Part read(LogId log, long from, long to) {
    Tail tail = knownTail(log);
    NavigableMap<Long, RawEntry> found = new TreeMap<>();
    Head head = null;
    long next = Math.max(1, Math.min(from, tail.version() + 1));
    while (true) {
      long since = context.freshness().now();
      long end = Math.min(to, Math.max(next, tail.version()) + AHEAD);
      end = Math.min(end, next + CHUNK - 1);
      Map<StateKey, Long> keys = keys(log, next, end);
      Collection<StateKey> asked = new ArrayList<>(keys.keySet());
      if (head == null) {
        asked.add(log.head());
      }
      Map<StateKey, HotEntry> hot = context.reads().getAll(asked, ReadFrom.ANY_REPLICA);
      if (head == null) {
        head = heads.settle(log, Optional.ofNullable(hot.get(log.head())), since);
      }
      add(log, keys, hot, found);
      addRows(log, Math.max(next, head.first()), Math.min(end, tail.version()), found);
      head =
          addHoles(log, head, Math.max(next, head.first()), Math.min(end, tail.version()), found);
      Tail reached = reached(tail, end, found, since);
      if (!reached.equals(tail)) {
        context.memory(log).note(reached);
        tail = reached;
      }
      if (end >= to || end > tail.version()) {
        return new Part(head, tail, found);
      }
      next = end + 1;
    }
  }

  /** The end, where the entries that were found or not found say more than was known. */
  private static Tail reached(
      Tail known, long end, NavigableMap<Long, RawEntry> found, long since) {
    long last = known.version();
    while (found.containsKey(last + 1)) {
      last++;
    }
    if (last > known.version()) {
      return Objects.requireNonNull(found.get(last)).asTail(since);
    }
    return end > last ? new Tail(last, known.bytes(), since) : known;
  }

  private static Map<StateKey, Long> keys(LogId log, long from, long to) {
    Map<StateKey, Long> keys = new LinkedHashMap<>();
    for (long version = from; version <= to; version++) {
      keys.put(log.entry(version), version);
    }
    return keys;
  }

  private void add(
      LogId log,
      Map<StateKey, Long> keys,
      Map<StateKey, HotEntry> hot,
      NavigableMap<Long, RawEntry> found) {
    keys.forEach(
        (key, version) -> {
          HotEntry entry = hot.get(key);
          if (entry != null && entry.operation() == Operation.PUT) {
            context.store().tiers().met(key, entry.sequence(), entry.metadata());
            found.put(version, RawEntry.of(log, version, entry));
          }
        });
  }

  private void addRows(LogId log, long from, long to, NavigableMap<Long, RawEntry> found) {
    List<Long> missing = missing(from, to, found);
    if (!missing.isEmpty()) {
      long first = missing.get(0);
      long last = missing.get(missing.size() - 1);
      for (StoredEntry row : context.rows().read(log.owner(), log.log(), first, last)) {
        found.putIfAbsent(row.version(), RawEntry.of(log, row));
      }
    }
  }

  private static List<Long> missing(long from, long to, NavigableMap<Long, RawEntry> found) {
    List<Long> missing = new ArrayList<>();
    for (long version = from; version <= to; version++) {
      if (!found.containsKey(version)) {
        missing.add(version);
      }
    }
    return missing;
  }

  /**
   * Looks again for versions that no store had: a replica may not know them yet, or the log may
   * have been truncated meanwhile. What is missing after that is lost: NATS lost the end of its
   * stream, or the bucket was deleted.
   */
  private Head addHoles(
      LogId log, Head head, long from, long to, NavigableMap<Long, RawEntry> found) {
    if (missing(from, to, found).isEmpty()) {
      return head;
    }
    Map<StateKey, Long> keys = new LinkedHashMap<>();
    missing(from, to, found).forEach(version -> keys.put(log.entry(version), version));
    add(log, keys, context.reads().getAll(keys.keySet(), ReadFrom.LEADER), found);
    addRows(log, from, to, found);
    Head now = heads.read(log).head();
    List<Long> lost = missing(Math.max(from, now.first()), to, found);
    if (!lost.isEmpty()) {
      LOG.warn(
          "{}: {} entries from version {} on are in neither store; NATS lost them before they were"
              + " flushed. Readers pass them over",
          log,
          lost.size(),
          lost.get(0));
    }
    return now;
  }
}
