package io.mistersmith.persistence.core.internal.routing;

import io.mistersmith.persistence.core.internal.resilience.Deadline;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Lets writes begin until it is closed, and counts those that have not ended. Once it is closed and
 * none is under way, no write will be acknowledged any more. Thread-safe.
 */
public final class WritesUnderWay {

  private final String where;
  private final LongAdder begun = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private volatile boolean closed;

  /** Counts the writes to {@code where}. */
  public WritesUnderWay(String where) {
    this.where = where;
  }

  /**
   * Makes a write.
   *
   * @throws NonTransientPersistenceException with {@code CLOSED} once this is closed
   */
  public <T> T run(Object key, Supplier<T> write) {
    begin(key);
    try {
      return write.get();
    } finally {
      ended.increment();
    }
  }

  /**
   * Starts a write, which is under way until its future completes. The future fails with what
   * {@code write} throws of this library's failures, or with {@code CLOSED}.
   */
  <T> CompletableFuture<T> runAsync(Object key, Supplier<CompletableFuture<T>> write) {
    boolean begun = false;
    try {
      begin(key);
      begun = true;
      CompletableFuture<T> written = write.get();
      begun = false;
      return written.whenComplete((value, failure) -> ended.increment());
    } catch (PersistenceException e) {
      return CompletableFuture.failedFuture(e);
    } catch (CompletionException e) {
      return CompletableFuture.failedFuture(e.getCause() == null ? e : e.getCause());
    } finally {
      if (begun) {
        ended.increment();
      }
    }
  }

  /** Counted before it is asked: {@link #close} either sees this write or is seen here. */
  private void begin(Object key) {
    begun.increment();
    if (closed) {
      ended.increment();
      throw new NonTransientPersistenceException(
          DataError.CLOSED,
          where + ", key " + key + ": not written, the persistence layer is closed; open it again");
    }
  }

  /** Refuses writes from now on. */
  public void close() {
    closed = true;
  }

  /**
   * Waits until no write is under way, and returns how many are when the deadline passes or the
   * caller is interrupted.
   */
  public long awaitEnd(Deadline deadline) {
    long open = open();
    try {
      while (open > 0 && !deadline.hasPassed()) {
        TimeUnit.MILLISECONDS.sleep(1);
        open = open();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return open;
  }

  /** The ends first: what is equal then was so at a moment in between. */
  private long open() {
    long done = ended.sum();
    return begun.sum() - done;
  }
}
