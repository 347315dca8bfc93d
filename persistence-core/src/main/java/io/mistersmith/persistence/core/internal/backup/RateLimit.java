package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.core.internal.base.Ticker;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Holds all writers of a backup to a number of bytes a second together. Thread-safe. */
final class RateLimit {

  /** Time that was not used can be made up for by as much. */
  private static final long CREDIT = Duration.ofMillis(100).toNanos();

  private final double nanosPerByte;
  private final Ticker ticker;
  private final Runnable guard;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition never = lock.newCondition();
  private long free;

  RateLimit(long bytesPerSecond, Ticker ticker) {
    this(bytesPerSecond, ticker, () -> {});
  }

  /** Calls {@code guard} before each write; it throws to end the backup. */
  RateLimit(long bytesPerSecond, Ticker ticker, Runnable guard) {
    this.nanosPerByte = 1e9 / bytesPerSecond;
    this.ticker = ticker;
    this.guard = guard;
    this.free = ticker.nanos();
  }

  /** Waits until these bytes may be written. */
  void take(int bytes) throws InterruptedIOException {
    guard.run();
    lock.lock();
    try {
      long earliest = ticker.nanos() - CREDIT;
      long begin = free - earliest > 0 ? free : earliest;
      free = begin + Math.round(bytes * nanosPerByte);
      for (long left = begin - ticker.nanos(); left > 0; left = begin - ticker.nanos()) {
        ticker.await(never, left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted =
          new InterruptedIOException("interrupted while a backup was held to its rate");
      interrupted.initCause(e);
      throw interrupted;
    } finally {
      lock.unlock();
    }
  }
}
