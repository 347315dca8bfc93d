package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.sql.LogStore.StoredEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
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
  private final Ends ends;

  LogReader(LogContext context, Heads heads, Ends ends) {
    this.context = context;
    this.heads = heads;
    this.ends = ends;
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
    return ends.known(log);
  }

  /**
   * Returns the end of the log and its head. Reads few entries, however many others have appended
   * since the end was known.
   */
  Part end(LogId log) {
    return last(log, 0);
  }

  /** Reads at least this many of the last entries, or all. */
  Part last(LogId log, long limit) {
    long known = ends.known(log).version();
    Part part = read(log, known - limit + 1, known + AHEAD);
    if (part.tail().version() < known + AHEAD) {
      return part;
    }
    Tail end = ends.find(log);
    return limit == 0
        ? new Part(part.head(), end, Collections.emptyNavigableMap())
        : read(log, end.version() - limit + 1, end.version());
  }

  /**
   * Reads the entries of these versions, as many of them as there are.
   *
   * @param from the first one; the log is then looked through without a gap
   * @param to the last one; {@link Long#MAX_VALUE} for the end of the log
   */
  Part read(LogId log, long from, long to) {
    return read(log, from, to, ReadFrom.ANY_REPLICA);
  }

  /** {@link #read(LogId, long, long)} from these servers. */
  Part read(LogId log, long from, long to, ReadFrom servers) {
    Tail tail = ends.known(log);
    Seen seen = new Seen();
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
      Map<StateKey, HotEntry> hot = context.reads().getAll(asked, servers);
      if (head == null) {
        head = heads.settle(log, Optional.ofNullable(hot.get(log.head())), since);
      }
      add(keys, hot, seen);
      addRows(log, Math.max(next, head.first()), Math.min(end, tail.version()), seen);
      head = addHoles(log, head, Math.max(next, head.first()), Math.min(end, tail.version()), seen);
      Tail reached =
          seen.reached(tail, since, servers == context.latest()).notBefore(head.first() - 1);
      if (!reached.equals(tail)) {
        context.memory(log).note(reached);
        tail = reached;
      }
      if (end >= to || end > tail.version()) {
        return new Part(head, tail, seen.entries());
      }
      next = Math.max(end + 1, head.first());
    }
  }

  private static Map<StateKey, Long> keys(LogId log, long from, long to) {
    Map<StateKey, Long> keys = new LinkedHashMap<>();
    for (long version = from; version <= to; version++) {
      keys.put(log.entry(version), version);
    }
    return keys;
  }

  private void add(Map<StateKey, Long> keys, Map<StateKey, HotEntry> hot, Seen seen) {
    keys.forEach(
        (key, version) -> {
          HotEntry message = hot.get(key);
          if (message != null) {
            context.store().tiers().met(key, message.sequence(), message.metadata());
            RawEntry.of(version, message)
                .ifPresentOrElse(
                    seen::add, () -> seen.passOver(version, message.time().toEpochMilli()));
          }
        });
  }

  private void addRows(LogId log, long from, long to, Seen seen) {
    List<Long> missing = seen.missing(from, to);
    if (!missing.isEmpty()) {
      long first = missing.get(0);
      long last = missing.get(missing.size() - 1);
      for (StoredEntry row : context.rows().read(log.owner(), log.log(), first, last)) {
        seen.add(RawEntry.of(log, row));
      }
    }
  }

  /**
   * Looks again for versions that no store had: a replica may not know them yet, or the log may
   * have been truncated meanwhile. What is missing after that is lost: NATS lost the end of its
   * stream, or the bucket was deleted.
   */
  private Head addHoles(LogId log, Head head, long from, long to, Seen seen) {
    List<Long> missing = seen.missing(from, to);
    if (missing.isEmpty()) {
      return head;
    }
    Map<StateKey, Long> keys = new LinkedHashMap<>();
    missing.forEach(version -> keys.put(log.entry(version), version));
    add(keys, context.reads().getAll(keys.keySet(), ReadFrom.LEADER), seen);
    addRows(log, from, to, seen);
    Head now = heads.read(log).head();
    List<Long> lost = seen.missing(Math.max(from, now.first()), to);
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
