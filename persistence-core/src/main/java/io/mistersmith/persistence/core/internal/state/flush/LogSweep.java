package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.LogStore.Name;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Deletes the rows before the first versions of logs that the flush of their heads has left, a
 * bounded number at a time: a log of 100,000 entries that is compacted must hold up neither the
 * flush nor a connection.
 *
 * <p>The logs whose heads this process has flushed come first. After them each sweep looks at some
 * of all logs, in turn, since another process may have died before it swept. Rows that are left
 * meanwhile are no part of their logs. {@link #note} is thread-safe; one thread sweeps.
 */
final class LogSweep {

  /** How many logs whose heads were flushed are remembered; the others wait for their turn. */
  private static final int REMEMBERED = 10_000;

  private static final int LOGS_AT_A_TIME = 200;

  private final Supplier<LogStore> logs;
  private final Set<Name> noted = ConcurrentHashMap.newKeySet();
  private Collection<Name> batch = List.of();
  private Optional<Name> walked = Optional.empty();
  private boolean walking;

  LogSweep(Supplier<LogStore> logs) {
    this.logs = logs;
  }

  /** Notes the logs whose heads were flushed. */
  void note(List<StateChange> changes) {
    for (StateChange change : changes) {
      change
          .key()
          .filter(key -> key.type().equals(LogStore.HEADS))
          .filter(head -> noted.size() < REMEMBERED)
          .ifPresent(head -> noted.add(new Name(head.agent().uuid(), head.key())));
    }
  }

  /** Begins a sweep, unless one is not at its end. */
  void begin() {
    walking = true;
  }

  /** Whether the sweep is not at its end. */
  boolean isOver() {
    return batch.isEmpty() && noted.isEmpty() && !walking;
  }

  /** Deletes some rows, and returns how many. */
  int turn() {
    LogStore rows = logs.get();
    if (batch.isEmpty()) {
      batch = nextBatch(rows);
    }
    int deleted = batch.isEmpty() ? 0 : rows.deleteTruncated(batch);
    if (deleted < LogStore.MOST_DELETED) {
      batch = List.of();
    }
    return deleted;
  }

  private Collection<Name> nextBatch(LogStore rows) {
    List<Name> next = noted.stream().limit(LOGS_AT_A_TIME).toList();
    if (next.isEmpty() && walking) {
      next = rows.names(walked, LOGS_AT_A_TIME);
      walked =
          next.size() < LOGS_AT_A_TIME
              ? Optional.empty()
              : Optional.of(next.get(LOGS_AT_A_TIME - 1));
      walking = false;
    }
    next.forEach(noted::remove);
    return next;
  }
}
