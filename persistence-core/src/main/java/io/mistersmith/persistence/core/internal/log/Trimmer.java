package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Limits;
import java.time.Instant;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the first version of logs: for a caller, or as the log's own limits say. Entries before it
 * are no part of the log from then on. The flush deletes their rows when it meets the head; their
 * messages leave the bucket as all that is flushed and idle. Thread-safe.
 */
final class Trimmer {

  private static final Logger LOG = LoggerFactory.getLogger(Trimmer.class);

  /** How old the limits may be that this process knows of. */
  private static final long LIMITS_MILLIS = 60_000;

  private static final int LEAST_SLACK = 16;

  private final LogContext context;
  private final LogReader reader;
  private final Heads heads;

  Trimmer(LogContext context, LogReader reader, Heads heads) {
    this.context = context;
    this.reader = reader;
    this.heads = heads;
  }

  /** Truncates a log once, and returns its first version. */
  long truncate(LogId log, Limits limits) {
    Tail tail = endOf(log);
    long cut = cut(log, heads.read(log).head(), tail, limits);
    return heads.change(log, head -> head.from(cut)).first();
  }

  /** Truncates a log after an append where it is too far beyond its own limits. Never fails. */
  void keep(LogId log) {
    try {
      Head head = heads.recent(log, LIMITS_MILLIS);
      Optional<Tail> tail = context.memory(log).tail();
      if (!head.limits().equals(Limits.NONE)
          && tail.isPresent()
          && isBeyond(log, head, tail.get())) {
        long unused = truncate(log, head.limits());
      }
    } catch (PersistenceException e) {
      LOG.debug("{}: not truncated, the next append tries again: {}", log, e.getMessage());
    }
  }

  private boolean isBeyond(LogId log, Head head, Tail tail) {
    long entries = tail.version() - head.first() + 1;
    if (isBeyond(entries, head.limits().entries())) {
      return true;
    }
    long now = context.freshness().now();
    long slack = head.limits().bytes().orElse(0) / 8;
    if (head.limits().bytes().isPresent() && context.memory(log).isSizeDue(tail.bytes(), slack)) {
      return true;
    }
    return head.limits().age().isPresent()
        && context
            .memory(log)
            .isAgeDue(now - head.limits().age().get().dividedBy(16).toMillis(), now);
  }

  private static boolean isBeyond(long present, OptionalLong limit) {
    return limit.isPresent()
        && present > limit.getAsLong() + Math.max(LEAST_SLACK, limit.getAsLong() / 8);
  }

  /**
   * Replaces everything before the first of the last {@code keep} entries by a summary, and returns
   * the version of the summary.
   */
  long compact(LogId log, long expectedVersion, String summary, int keep) {
    Tail tail = endOf(log);
    if (tail.version() < expectedVersion) {
      throw notCompacted(log, "it has version " + tail.version() + ", not " + expectedVersion);
    }
    Head before = heads.read(log).head();
    long cut = aligned(log, before, Math.max(1, expectedVersion - keep + 1));
    Head after =
        heads.change(
            log,
            head -> {
              if (cut <= head.first()) {
                throw notCompacted(
                    log,
                    "there is no entry from version "
                        + head.first()
                        + " on before the "
                        + keep
                        + " that stay");
              }
              return new Head(cut, head.limits(), Optional.of(summary), Optional.of(now()));
            });
    return after.first() - 1;
  }

  private static TransientPersistenceException notCompacted(LogId log, String why) {
    return new TransientPersistenceException(
        DataError.VERSION_CONFLICT,
        log + ": not compacted: " + why + "; read it again, and make another summary if need be");
  }

  private Tail endOf(LogId log) {
    return reader.end(log).tail();
  }

  /** The first version that stays. */
  private long cut(LogId log, Head head, Tail tail, Limits limits) {
    long cut = head.first();
    if (limits.entries().isPresent()) {
      cut = Math.max(cut, tail.version() - limits.entries().getAsLong() + 1);
    }
    if (limits.age().isPresent()) {
      Instant oldest = now().minus(limits.age().get());
      cut = firstOf(log, cut, tail, entry -> !entry.writtenAt().isBefore(oldest));
    }
    if (limits.bytes().isPresent()) {
      long most = limits.bytes().getAsLong();
      cut = firstOf(log, cut, tail, entry -> tail.bytes() - entry.envelope().bytesBefore() <= most);
    }
    return aligned(log, head, cut);
  }

  private Instant now() {
    return Instant.ofEpochMilli(context.freshness().now());
  }

  /** The first entry that stays, where those after it stay too; the one after the last if none. */
  private long firstOf(LogId log, long from, Tail tail, Predicate<RawEntry> stays) {
    long low = from;
    long high = tail.version() + 1;
    while (low < high) {
      long middle = low + (high - low) / 2;
      RawEntry entry = reader.read(log, middle, middle).entries().get(middle);
      if (entry != null && stays.test(entry)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /**
   * The latest version up to {@code cut} before which no entry is that a later one is kept with.
   */
  private long aligned(LogId log, Head head, long cut) {
    long aligned = cut;
    while (aligned > head.first()) {
      long earliest = aligned;
      NavigableMap<Long, RawEntry> entries =
          reader.read(log, aligned, aligned + Log.MAX_DISTANCE - 1).entries();
      List<RawEntry> after =
          List.copyOf(entries.subMap(aligned, true, aligned + Log.MAX_DISTANCE - 1, true).values());
      for (RawEntry entry : after) {
        earliest = Math.min(earliest, entry.envelope().keptWith().orElse(earliest));
      }
      if (earliest >= aligned) {
        return aligned;
      }
      aligned = earliest;
    }
    return Math.max(aligned, head.first());
  }
}
