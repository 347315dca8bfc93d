package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that read from a replica the row that their process committed last, until they are
 * stopped. The ledger keeps those that did not find it.
 */
final class ReplicaReads implements AutoCloseable {

  private static final TransactionOptions OPTIONS =
      TransactionOptions.builder(Boundary.SINGLE_OPERATION, "read a row from a replica")
          .readFrom(PostgresRole.REPLICA)
          .build();
  private static final long PAUSE_NANOS = 2_000_000;

  private final Persistence persistence;
  private final Callers callers;
  private final LongAdder count = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final Turns turns;

  private ReplicaReads(int count, Persistence persistence, Callers callers) {
    this.persistence = persistence;
    this.callers = callers;
    this.turns = Turns.start(count, "fault-replica-reader", thread -> this::readLast);
  }

  static ReplicaReads start(int count, Persistence persistence, Callers callers) {
    return new ReplicaReads(count, persistence, callers);
  }

  private void readLast() {
    long id = callers.committing().last();
    if (id > 0) {
      read(id);
    }
    LockSupport.parkNanos(PAUSE_NANOS);
  }

  private void read(long id) {
    try {
      List<Long> found =
          persistence
              .transactions()
              .run(
                  OPTIONS,
                  tx ->
                      tx.query(
                          "SELECT id FROM committed WHERE id = :id",
                          Map.of("id", id),
                          row -> row.get("id", Long.class)));
      if (found.isEmpty()) {
        callers.ledger().stale("row " + id + ": committed, and not read");
      }
      count.increment();
    } catch (PersistenceException e) {
      refused.increment();
    }
  }

  /** Counts the reads that were answered. */
  long count() {
    return count.sum();
  }

  /** Counts the reads that failed. */
  long refused() {
    return refused.sum();
  }

  /** Waits for the reads under way; fails when one failed in an untyped way. */
  void stop() {
    turns.stop();
  }

  @Override
  public void close() {
    stop();
  }
}
