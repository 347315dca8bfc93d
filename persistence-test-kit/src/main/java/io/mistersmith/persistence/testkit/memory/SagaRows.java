package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.testkit.memory.SagaTables.LogId;
import io.mistersmith.persistence.testkit.memory.SagaTables.SagaRow;
import io.mistersmith.persistence.testkit.memory.SagaTables.UniqueKey;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The tables of sagas as one transaction sees them. */
final class SagaRows {

  final Rows<UUID, SagaRow> runs;
  final Rows<UniqueKey, UUID> keys;
  final Rows<LogId, LogEntry> log;

  SagaRows(Transaction transaction, SagaTables content, SagaTables seen) {
    runs = new Rows<>(transaction, content.runs(), seen.runs());
    keys = new Rows<>(transaction, content.keys(), seen.keys());
    log = new Rows<>(transaction, content.log(), seen.log());
  }

  List<Rows<?, ?>> all() {
    return List.of(runs, keys, log);
  }

  /** Returns the run that has the key, or else takes the key for the given one. */
  UUID keep(UniqueKey key, UUID run) {
    keys.lock(key);
    Optional<UUID> there = keys.find(key);
    if (there.isEmpty()) {
      keys.put(key, run);
    }
    return there.orElse(run);
  }

  /** Returns the log of a run, in its order. */
  List<LogEntry> logOf(UUID run) {
    return log.from(new LogId(run, 1), id -> id.saga().equals(run))
        .sorted(Comparator.comparing(LogEntry::position))
        .toList();
  }

  /**
   * Adds a row to a log.
   *
   * @param number the run number of the ownership
   */
  void append(UUID run, int number, int position, NewEntry entry, Instant now) {
    LogId id = new LogId(run, position);
    log.lock(id);
    if (log.contains(id)) {
      throw new TransientPersistenceException(
          DataError.VERSION_CONFLICT,
          "saga " + run + ": its log has a row at position " + position + "; nothing was appended");
    }
    log.put(
        id,
        new LogEntry(
            position,
            entry.event(),
            entry.step(),
            entry.attempt(),
            number,
            entry.data(),
            entry.reason(),
            now));
  }

  /** Adds a row behind the last one, under the number of the latest owner. */
  void append(SagaRow row, NewEntry entry, Instant now) {
    UUID id = row.run().id();
    append(id, row.number(), logOf(id).size() + 1, entry, now);
  }

  /** Removes a run with its log, and those nested in it. */
  void remove(UUID run) {
    runs.find(run).flatMap(SagaRow::uniqueKey).ifPresent(keys::remove);
    logOf(run).forEach(entry -> log.remove(new LogId(run, entry.position())));
    boolean unused = runs.remove(run);
    nestedIn(run).forEach(row -> remove(row.run().id()));
  }

  private List<SagaRow> nestedIn(UUID run) {
    return runs.all().filter(row -> row.run().parent().equals(Optional.of(run))).toList();
  }

  /** Whether a run that is nested in this one, at any depth, has not ended. */
  boolean hasOpenNested(UUID run) {
    return nestedIn(run).stream()
        .anyMatch(row -> !row.run().state().isEnd() || hasOpenNested(row.run().id()));
  }
}
