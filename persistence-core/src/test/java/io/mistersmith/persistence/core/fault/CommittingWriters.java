package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that write rows to PostgreSQL alone, each row in a transaction of its own, and note when
 * each was begun and acknowledged. Nothing can write these rows again.
 */
final class CommittingWriters implements AutoCloseable {

  static final String TABLE =
      """
      CREATE TABLE public.committed (
        id BIGINT PRIMARY KEY,
        at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp())
      """;

  private static final TransactionOptions OPTIONS =
      TransactionOptions.of(Boundary.SINGLE_OPERATION, "write a row");

  private final Persistence persistence;
  private final String statement;
  private final AtomicLong next = new AtomicLong();
  private final Map<Long, Instant> begun = new ConcurrentHashMap<>();
  private final Map<Long, Instant> acknowledged = new ConcurrentHashMap<>();
  private final Map<DataError, LongAdder> failures = new ConcurrentHashMap<>();
  private final Gaps gaps = new Gaps();
  private volatile long last;

  private final Turns turns;

  private CommittingWriters(int count, Persistence persistence, String statement) {
    this.persistence = persistence;
    this.statement = statement;
    this.turns = Turns.start(count, "fault-committer", thread -> this::write);
  }

  static CommittingWriters start(int count, Persistence persistence) {
    return start(count, persistence, "INSERT INTO committed (id) VALUES (:id)");
  }

  /** Starts threads that write a row by this statement, whose parameter is {@code id}. */
  static CommittingWriters start(int count, Persistence persistence, String statement) {
    return new CommittingWriters(count, persistence, statement);
  }

  private void write() {
    long id = next.incrementAndGet();
    begun.put(id, Instant.now());
    try {
      persistence
          .transactions()
          .execute(
              OPTIONS,
              tx -> {
                int unused = tx.update(statement, Map.of("id", id));
              });
      acknowledged.put(id, Instant.now());
      last = id;
      gaps.acknowledged();
    } catch (PersistenceException e) {
      failures.computeIfAbsent(e.error(), first -> new LongAdder()).increment();
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
  }

  /** Returns when each row's thread noted its acknowledgement, which may have come well before. */
  Map<Long, Instant> acknowledged() {
    return acknowledged;
  }

  /** Returns the rows whose calls began after a time, whatever became of them. */
  Set<Long> begunAfter(Instant time) {
    Set<Long> ids = new HashSet<>();
    begun.forEach(
        (id, at) -> {
          if (at.isAfter(time)) {
            ids.add(id);
          }
        });
    return ids;
  }

  /** Returns a row that was acknowledged lately; 0 before the first. */
  long last() {
    return last;
  }

  /** Returns how many calls failed, by code. */
  Map<DataError, Long> failures() {
    Map<DataError, Long> counts = new TreeMap<>();
    failures.forEach((error, count) -> counts.put(error, count.sum()));
    return counts;
  }

  /** Returns what measures the time without an acknowledgement. */
  Gaps gaps() {
    return gaps;
  }

  /** Returns the rows that were acknowledged and are not there. */
  Set<Long> missingFrom(Installation installation) {
    Set<Long> missing = new HashSet<>(acknowledged.keySet());
    missing.removeAll(ids(installation));
    return missing;
  }

  /** Returns the rows that are there. */
  static Set<Long> ids(Installation installation) {
    Set<Long> ids = new HashSet<>();
    installation.query("SELECT id FROM public.committed").forEach(id -> ids.add(Long.valueOf(id)));
    return ids;
  }

  /** Returns what became of the rows. */
  Tally tally(Installation installation) {
    return new Tally(acknowledged.size(), missingFrom(installation).size(), 0, 0, gaps.longest());
  }

  void stop() {
    turns.stop();
  }

  @Override
  public void close() {
    stop();
  }
}
