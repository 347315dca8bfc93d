package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Holds one call: the first that arrives. Others pass. Close it at the latest at the end of the
 * test; a call that is held longer than a minute fails as {@code CONNECTION_FAILED}. Thread-safe.
 */
public final class Gate implements AutoCloseable {

  private static final Duration LONGEST = Duration.ofMinutes(1);

  private final CountDownLatch arrived = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);

  Gate() {}

  /** Waits until a call is held here; whether one is before the deadline. */
  public boolean awaitArrival(Duration deadline) throws InterruptedException {
    return arrived.await(deadline.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Lets the held call go on, or the first one pass if none has come. */
  public void release() {
    released.countDown();
  }

  /** The same as {@link #release}. */
  @Override
  public void close() {
    release();
  }

  /** Holds the calling thread. */
  void hold(Call call) {
    arrived.countDown();
    boolean let;
    try {
      let = released.await(LONGEST.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, call + ": interrupted while a test held it", e);
    }
    if (!let) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, call + ": a test held it longer than " + LONGEST);
    }
  }
}
