package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.LogStore;
import java.util.Comparator;
import java.util.Optional;

/** Finds where logs end. Thread-safe. */
final class Ends {

  private final LogContext context;
  private final Heads heads;

  Ends(LogContext context, Heads heads) {
    this.context = context;
    this.heads = heads;
  }

  /** Returns where the log ended lately: the true end is there or later, and not evicted. */
  Tail known(LogId log) {
    return context
        .memory(log)
        .tail()
        .filter(tail -> context.freshness().isFresh(tail.sinceMillis()))
        .orElseGet(() -> find(log));
  }

  /**
   * Asks both stores. A fresh last message in the bucket is the end: a later one would be younger,
   * and could not have been evicted before it. Only a head can name a later end: that of a copy
   * hides the versions that it is going to write, and is in the bucket while it does.
   */
  Tail find(LogId log) {
    LogMemory memory = context.memory(log);
    memory.forgetTail();
    long since = context.freshness().now();
    Optional<HotEntry> latest = context.reads().latest(log.owner(), log.path());
    Tail tail =
        latest.map(message -> end(log, message, since)).orElseGet(() -> new Tail(0, 0, since));
    boolean settled =
        latest
            .filter(Ends::isEntry)
            .filter(hot -> context.freshness().isFresh(hot.time()))
            .isPresent();
    Optional<HotEntry> head =
        settled ? context.reads().get(log.head(), ReadFrom.LEADER) : Optional.empty();
    if (head.isPresent()) {
      tail = tail.notBefore(heads.settle(log, head, since).first() - 1);
    }
    if (!settled) {
      Tail row =
          context
              .rows()
              .last(log.owner(), log.log())
              .map(found -> RawEntry.of(log, found).asTail(since))
              .orElseGet(() -> new Tail(0, 0, since));
      tail = row.version() > tail.version() ? row : tail;
      tail = tail.notBefore(heads.read(log).head().first() - 1);
    }
    memory.note(tail);
    return tail;
  }

  private static boolean isEntry(HotEntry message) {
    return message.operation() == Operation.PUT && LogStore.Key.of(message.key()).isPresent();
  }

  /**
   * Returns the highest version that has a message. That is the latest message, unless it is no
   * entry: the markers of a deleted owner come in any order, and another program may have written
   * next to the entries. A marker holds its version until it is evicted, since entries are created.
   */
  private Tail end(LogId log, HotEntry latest, long since) {
    Optional<HotEntry> last =
        isEntry(latest)
            ? Optional.of(latest)
            : context.reads().list(log.owner(), log.path()).stream()
                .filter(message -> version(log, message) > 0)
                .max(Comparator.comparingLong(message -> version(log, message)))
                .flatMap(message -> context.reads().get(message.key(), ReadFrom.LEADER));
    return last.map(message -> asTail(version(log, message), message, since))
        .orElseGet(() -> new Tail(0, 0, since));
  }

  private static long version(LogId log, HotEntry message) {
    return LogStore.Key.of(message.key())
        .filter(key -> key.log().equals(log.log()))
        .map(LogStore.Key::version)
        .orElse(0L);
  }

  /** A version without an entry has no row: it is known only as long as its message is there. */
  private static Tail asTail(long version, HotEntry message, long since) {
    return RawEntry.of(version, message)
        .map(entry -> entry.asTail(since))
        .orElseGet(() -> new Tail(version, 0, Math.min(since, message.time().toEpochMilli())));
  }
}
