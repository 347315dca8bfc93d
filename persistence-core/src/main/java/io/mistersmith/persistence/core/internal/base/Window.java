package io.mistersmith.persistence.core.internal.base;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Bounds how many writes are under way and how many bytes they carry; a caller that finds it full
 * waits. Callers that wait are let in by their order, so that a large value is not overtaken for as
 * long as small ones come. Thread-safe.
 */
public final class Window {

  private final Semaphore places;
  private final Semaphore bytes;
  private final int mostBytes;
  private final Duration limit;

  /**
   * A window of so many writes, which carry so many bytes together.
   *
   * @param limit how long a caller waits for its place
   */
  public Window(int places, long bytes, Duration limit) {
    this.mostBytes = (int) Math.min(Integer.MAX_VALUE, bytes);
    this.places = new Semaphore(places, true);
    this.bytes = new Semaphore(mostBytes, true);
    this.limit = limit;
  }

  /** The window that is configured for asynchronous writes. */
  public static Window of(NatsConfig config) {
    return new Window(config.maxInFlight(), config.maxInFlightBytes(), config.requestTimeout());
  }

  /**
   * Waits for a place for so many bytes. More bytes than the window has wait until it is empty.
   *
   * @throws TransientPersistenceException when none gets free in time
   */
  public void enter(long size, Supplier<String> what) {
    int weight = weight(size);
    boolean placed = !places.hasQueuedThreads() && places.tryAcquire();
    if (placed && !bytes.hasQueuedThreads() && bytes.tryAcquire(weight)) {
      return;
    }
    try {
      long deadline = System.nanoTime() + limit.toNanos();
      if (!placed) {
        placed = places.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS);
      }
      long left = deadline - System.nanoTime();
      if (placed && bytes.tryAcquire(weight, left, TimeUnit.NANOSECONDS)) {
        return;
      }
      release(placed);
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED,
          what.get()
              + ": nothing was sent, no place in the window of writes under way got free within "
              + limit
              + (placed
                  ? "; the writes under way have more than nats.maxInFlightBytes together"
                  : "; as many as nats.maxInFlight wait for their acknowledgement"));
    } catch (InterruptedException e) {
      release(placed);
      Thread.currentThread().interrupt();
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, what.get() + ": interrupted; nothing was sent", e);
    }
  }

  private void release(boolean placed) {
    if (placed) {
      places.release();
    }
  }

  /** Gives the place back that {@link #enter} gave for the same number of bytes. */
  public void leave(long size) {
    bytes.release(weight(size));
    places.release();
  }

  private int weight(long size) {
    return (int) Math.max(1, Math.min(size, mostBytes));
  }
}
