package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongConsumer;

/**
 * The durable store: one statement at a time, of any number of transactions. A statement that needs
 * a row which another transaction holds is undone, waits, and runs again on what was committed
 * meanwhile. Thread-safe.
 */
final class MemoryDatabase {

  private final Set<Transaction> open = new HashSet<>();
  private final Map<String, Prepared> prepared = new LinkedHashMap<>();
  private Content content = Content.empty();
  private long commits;
  private long serialized;

  private record Prepared(Transaction transaction, LongConsumer committed, Instant since) {}

  synchronized Transaction begin(Isolation isolation, boolean readOnly) {
    Transaction transaction = new Transaction(isolation, readOnly);
    open.add(transaction);
    return transaction;
  }

  /** Runs a statement in a transaction of its own. */
  <T> T transact(
      Patience patience, boolean readOnly, Function<? super Tables, ? extends T> statement) {
    return transact(patience, readOnly, statement, number -> {});
  }

  /**
   * {@link #transact(Patience, boolean, Function)}.
   *
   * @param committed is given the number of the commit where anything was changed
   */
  <T> T transact(
      Patience patience,
      boolean readOnly,
      Function<? super Tables, ? extends T> statement,
      LongConsumer committed) {
    long until = System.nanoTime() + patience.statement().toNanos();
    Transaction transaction = begin(Isolation.READ_COMMITTED, readOnly);
    try {
      T result = run(transaction, until, patience.lock(), statement);
      commit(transaction, committed);
      return result;
    } finally {
      rollback(transaction);
    }
  }

  /**
   * Runs a statement, which must not use the tables afterwards and may run several times.
   *
   * @param until when the statement must be over, by {@link System#nanoTime}
   * @param lock how long it may wait for rows
   */
  synchronized <T> T run(
      Transaction transaction,
      long until,
      Duration lock,
      Function<? super Tables, ? extends T> statement) {
    boolean interrupted = false;
    long lockUntil = System.nanoTime() + lock.toNanos();
    try {
      while (true) {
        requireOpen(transaction);
        Transaction.Mark before = transaction.mark();
        try {
          return statement.apply(transaction.tables(content, serialized));
        } catch (RowBusyException busy) {
          // Only for those that wait for it: else two that wait for a third would wake each other.
          if (transaction.goBack(before)
              && open.stream().anyMatch(other -> other.isWaitingFor(transaction))) {
            notifyAll();
          }
          interrupted |= !await(transaction, busy.holder(), until, lockUntil);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits until a transaction ends or lets go of rows; false when the thread was interrupted. */
  @SuppressWarnings("WaitNotInLoop") // run() is the loop: it tries the statement again
  private boolean await(Transaction transaction, Transaction holder, long until, long lockUntil) {
    if (holder.waitsFor(transaction)) {
      throw new TransientPersistenceException(
          DataError.TRANSACTION_CONFLICT,
          "SQLSTATE 40P01, deadlock: two transactions wait for rows of each other");
    }
    long now = System.nanoTime();
    long nanos = Math.min(until - now, lockUntil - now);
    if (nanos <= 0 && lockUntil - until < 0) {
      throw new TransientPersistenceException(
          DataError.TRANSACTION_CONFLICT,
          "SQLSTATE 55P03, another transaction held a row for longer than a lock is waited for");
    }
    if (nanos <= 0) {
      throw new TransientPersistenceException(
          DataError.TIMEOUT,
          "SQLSTATE 57014, another transaction held a row for longer than a statement may take");
    }
    transaction.waitFor(holder);
    try {
      wait(TimeUnit.NANOSECONDS.toMillis(nanos) + 1);
      return true;
    } catch (InterruptedException e) {
      // As with a server's answer, the caller waits on until the deadline.
      return false;
    } finally {
      transaction.waitFor(null);
    }
  }

  synchronized Transaction.Mark mark(Transaction transaction) {
    return transaction.mark();
  }

  /** Undoes what the transaction did after the mark, and lets go of the rows that it took. */
  synchronized void goBack(Transaction transaction, Transaction.Mark mark) {
    boolean unused = transaction.goBack(mark);
    notifyAll();
  }

  /**
   * Commits.
   *
   * @param committed is given the number of the commit where anything was changed
   */
  synchronized void commit(Transaction transaction, LongConsumer committed) {
    try {
      requireOpen(transaction);
      if (transaction.commit(serialized)) {
        commits++;
        serialized += transaction.isSerializable() ? 1 : 0;
        committed.accept(commits);
      }
    } finally {
      rollback(transaction);
    }
  }

  /** Ends the transaction; of what was not committed nothing is left. */
  synchronized void rollback(Transaction transaction) {
    if (open.remove(transaction)) {
      transaction.release();
      notifyAll();
    }
  }

  /** Keeps a transaction, which no thread uses any more, until it is ended by this id. */
  synchronized void prepare(
      String id, Transaction transaction, LongConsumer committed, Instant since) {
    requireOpen(transaction);
    if (prepared.putIfAbsent(id, new Prepared(transaction, committed, since)) != null) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY, "SQLSTATE 42710, there is a prepared transaction " + id);
    }
  }

  /** Ends a prepared transaction; returns whether there was one. */
  synchronized boolean endPrepared(String id, boolean commit) {
    Prepared held = prepared.remove(id);
    if (held == null || !open.contains(held.transaction)) {
      return false;
    }
    if (commit) {
      commit(held.transaction, held.committed);
    } else {
      rollback(held.transaction);
    }
    return true;
  }

  /** Returns since when transactions are prepared. */
  synchronized Map<String, Instant> prepared() {
    Map<String, Instant> since = new LinkedHashMap<>();
    prepared.forEach((id, held) -> since.put(id, held.since));
    return since;
  }

  private void requireOpen(Transaction transaction) {
    if (transaction.isLost()) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED,
          "the in-memory durable store was replaced during the transaction; nothing was applied");
    }
  }

  /** Returns how many transactions that changed anything were committed. */
  synchronized long commits() {
    return commits;
  }

  synchronized UUID installation() {
    return content.installation();
  }

  synchronized SqlSnapshot snapshot() {
    return new SqlSnapshot(content.copy());
  }

  /** Replaces all data; the transactions that are open are lost. */
  synchronized void restore(SqlSnapshot snapshot) {
    content = snapshot.content().copy();
    open.forEach(Transaction::lose);
    prepared.values().forEach(held -> rollback(held.transaction));
    prepared.clear();
    notifyAll();
  }

  synchronized void newInstallation() {
    content = content.withInstallation(UUID.randomUUID());
  }

  /** Applies sets of migrations. Transactions that are open go on without them. */
  synchronized void migrate(Collection<String> sets) {
    content = content.withSets(sets);
  }
}
