package io.mistersmith.persistence.core.internal.state.flush;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Wakes the threads that wait for this process to move the position. Thread-safe. */
public final class Progress {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private long moves;

  /** Notes that the position has moved, and wakes the waiting threads. */
  void signal() {
    lock.lock();
    try {
      moves++;
      moved.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Returns how often the position has moved. Call this before you read the position. */
  long moves() {
    lock.lock();
    try {
      return moves;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until it has moved more often than {@code seen}, or for {@code most}. */
  void await(long seen, Duration most) throws InterruptedException {
    long nanos = most.toNanos();
    lock.lock();
    try {
      while (moves == seen && nanos > 0) {
        nanos = moved.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }
}
