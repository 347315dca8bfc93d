package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Lets writes begin until it is closed, and counts those that have not ended. Once it is closed and
 * none is under way, no write will be acknowledged any more. Thread-safe.
 */
public final class WritesUnderWay {

  private final String where;
  private final Runnable check;
  private final LongAdder begun = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private volatile boolean closed;

  /** Counts the writes to {@code where}, and refuses a write with what {@code check} throws. */
  public WritesUnderWay(String where, Runnable check) {
    this.where = where;
    this.check = check;
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
      end();
    }
  }

  /**
   * Counts a write that begins. It is counted before the question whether this is closed, so that
   * {@link #close} either sees this write or is seen here.
   *
   * @throws NonTransientPersistenceException with {@code CLOSED} once this is closed; there is
   *     nothing to {@link #end} then
   */
  void begin(Object key) {
    check.run();
    begun.increment();
    if (closed) {
      ended.increment();
      throw new NonTransientPersistenceException(
          DataError.CLOSED,
          where + ", key " + key + ": not written, the persistence layer is closed; open it again");
    }
  }

  /** Counts a write that has ended. */
  void end() {
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
