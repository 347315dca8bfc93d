package io.mistersmith.persistence.migration.online;

import java.time.Duration;

/**
 * How long an index build waits for what.
 *
 * @param lockTimeout how long to wait for a lock that makes writers queue up behind it, at most,
 *     before giving way; needed for partitioned tables alone, and short
 * @param patience how long a concurrent build waits for the transactions before it to end, which
 *     blocks nobody but other changes of the same table's definition
 * @param buildTimeout how long one statement may take in all
 * @param attempts how often to try where others are in the way, at least once
 * @param firstPause the pause after the first attempt; doubled each time, up to 10 seconds
 */
public record IndexBuildSettings(
    Duration lockTimeout,
    Duration patience,
    Duration buildTimeout,
    int attempts,
    Duration firstPause) {

  /**
   * @throws IllegalArgumentException when a value is out of its range
   */
  public IndexBuildSettings {
    requireMillis("lockTimeout", lockTimeout);
    requireMillis("patience", patience);
    requireMillis("buildTimeout", buildTimeout);
    requireMillis("firstPause", firstPause);
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts is " + attempts + ": use 1 or more");
    }
  }

  /** 2 seconds for locks, 10 minutes for transactions, 6 hours in all, 10 attempts. */
  public static IndexBuildSettings defaults() {
    return new IndexBuildSettings(
        Duration.ofSeconds(2),
        Duration.ofMinutes(10),
        Duration.ofHours(6),
        10,
        Duration.ofMillis(200));
  }

  /** These settings with another lock timeout. */
  public IndexBuildSettings withLockTimeout(Duration timeout) {
    return new IndexBuildSettings(timeout, patience, buildTimeout, attempts, firstPause);
  }

  /** These settings with another patience for older transactions. */
  public IndexBuildSettings withPatience(Duration newPatience) {
    return new IndexBuildSettings(lockTimeout, newPatience, buildTimeout, attempts, firstPause);
  }

  /** These settings with another number of attempts. */
  public IndexBuildSettings withAttempts(int newAttempts) {
    return new IndexBuildSettings(lockTimeout, patience, buildTimeout, newAttempts, firstPause);
  }

  /** PostgreSQL's timeouts are milliseconds in an int, and 0 would be none. */
  private static void requireMillis(String field, Duration value) {
    if (value.compareTo(Duration.ofMillis(1)) < 0 || value.compareTo(Duration.ofDays(24)) > 0) {
      throw new IllegalArgumentException(field + " is " + value + ": use 1 ms to 24 days");
    }
  }
}
