package io.mistersmith.persistence.core.internal.routing;

import io.mistersmith.persistence.core.internal.resilience.Deadline;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

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
   * Begins a write, for which {@link #end} must be called whatever becomes of it.
   *
   * @throws NonTransientPersistenceException with {@code CLOSED} once this is closed
   */
  public void begin(Object key) {
    begun.increment();
    // Counted before it is asked: close() either sees this write or is seen here.
    if (closed) {
      ended.increment();
      throw new NonTransientPersistenceException(
          DataError.CLOSED,
          where + ", key " + key + ": not written, the persistence layer is closed; open it again");
    }
  }

  /** Ends a write that was begun. */
  public void end() {
    ended.increment();
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
