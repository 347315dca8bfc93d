package io.mistersmith.persistence.migration.online;

import java.time.Duration;

/**
 * How fast a change goes on, and how long others may have to wait for it. A writer waits for at
 * most {@code batchLimit} for the rows of a batch, and for at most {@code lockTimeout} and the
 * moment that the step itself takes for the table.
 *
 * @param batchSize rows of the first batch; each next one is made larger or smaller
 * @param largestBatch rows of the largest batch
 * @param batchTarget how long a batch shall take
 * @param batchLimit when a batch is given up, to be tried again at half its size
 * @param pause between two batches
 * @param lockTimeout how long a step may queue for a lock, with everybody else behind it
 * @param attempts how often a batch or step is tried that had to give way
 * @param retryPause before the second attempt; doubled before each further one, up to 32 times this
 */
public record Pacing(
    int batchSize,
    int largestBatch,
    Duration batchTarget,
    Duration batchLimit,
    Duration pause,
    Duration lockTimeout,
    int attempts,
    Duration retryPause) {

  /**
   * @throws IllegalArgumentException when a value is out of its range
   */
  public Pacing {
    check("batchSize", batchSize, 1, Integer.MAX_VALUE);
    check("largestBatch", largestBatch, batchSize, Integer.MAX_VALUE);
    check("batchTarget", batchTarget.toMillis(), 1, 60_000);
    check("batchLimit", batchLimit.toMillis(), batchTarget.toMillis(), 600_000);
    check("pause", pause.toMillis(), 0, 3_600_000);
    check("lockTimeout", lockTimeout.toMillis(), 1, 600_000);
    check("attempts", attempts, 1, Integer.MAX_VALUE);
    check("retryPause", retryPause.toMillis(), 0, 3_600_000);
  }

  /**
   * 200 rows at first and 5,000 at most, 20 ms a batch and 60 ms at most, 5 ms between two; 40 ms
   * for a lock in 40 attempts, 50 ms after the first. Made for writers that may wait for 100 ms.
   */
  public static Pacing defaults() {
    return new Pacing(
        200,
        5_000,
        Duration.ofMillis(20),
        Duration.ofMillis(60),
        Duration.ofMillis(5),
        Duration.ofMillis(40),
        40,
        Duration.ofMillis(50));
  }

  /** This pacing with batches of another size: the first, and the largest. */
  public Pacing withBatchSize(int first, int largest) {
    return new Pacing(
        first, largest, batchTarget, batchLimit, pause, lockTimeout, attempts, retryPause);
  }

  /** This pacing with another time for a batch: to aim at, and to give up after. */
  public Pacing withBatchTime(Duration target, Duration limit) {
    return new Pacing(
        batchSize, largestBatch, target, limit, pause, lockTimeout, attempts, retryPause);
  }

  /** This pacing with another pause between batches. */
  public Pacing withPause(Duration newPause) {
    return new Pacing(
        batchSize,
        largestBatch,
        batchTarget,
        batchLimit,
        newPause,
        lockTimeout,
        attempts,
        retryPause);
  }

  /** This pacing with another limit to queue for a lock, and another number of attempts. */
  public Pacing withLocks(Duration newLockTimeout, int newAttempts, Duration newRetryPause) {
    return new Pacing(
        batchSize,
        largestBatch,
        batchTarget,
        batchLimit,
        pause,
        newLockTimeout,
        newAttempts,
        newRetryPause);
  }

  private static void check(String field, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s is %d: use %d to %d, durations in milliseconds".formatted(field, value, least, most));
    }
  }

  /** How a change pauses; a test pauses without time passing. */
  @FunctionalInterface
  public interface Sleeper {

    /** Lets the thread sleep. */
    Sleeper THREAD =
        duration -> Thread.sleep(duration.toMillis(), duration.toNanosPart() % 1_000_000);

    /**
     * Pauses.
     *
     * @throws InterruptedException when the thread is interrupted meanwhile
     */
    void pause(Duration duration) throws InterruptedException;
  }
}
