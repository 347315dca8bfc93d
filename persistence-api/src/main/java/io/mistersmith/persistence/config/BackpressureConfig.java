package io.mistersmith.persistence.config;

import java.time.Duration;

/**
 * How much may wait in the journal of agent state before writes are slowed down. Off by default.
 * Immutable; start from {@link #off()}, {@link #block}, {@link #writeThrough} or {@link #fail}, and
 * copy with {@code with…}.
 *
 * <p>What counts is the journal's backlog, whichever process wrote it; it is looked at every {@code
 * interval}. What is written between two looks comes on top of the limit, and so does what is under
 * way. Deletes are writes; reads, and data that lives in KV alone, are never slowed down.
 *
 * @param policy what a write meets while the backlog is over a limit
 * @param maxEntries how many journal entries may wait (100,000)
 * @param maxBytes about how many bytes may wait (256 MiB); see {@link
 *     io.mistersmith.persistence.monitor.Backlog#bytes()} for how they are counted
 * @param maxAge how long the oldest of them may wait (30 s)
 * @param maxWait how long a write waits, for the backlog to shrink or for its own commit (10 s)
 * @param resumeAt writes are free again when every figure is at most this share of its limit (0.8)
 * @param interval how often the backlog is looked at (100 ms)
 */
public record BackpressureConfig(
    BackpressurePolicy policy,
    long maxEntries,
    long maxBytes,
    Duration maxAge,
    Duration maxWait,
    double resumeAt,
    Duration interval) {

  /** Checks every field. */
  public BackpressureConfig {
    Checks.that(maxEntries >= 1, "backpressure.maxEntries is " + maxEntries + "; give at least 1");
    Checks.that(maxBytes >= 1, "backpressure.maxBytes is " + maxBytes + "; give at least 1");
    Checks.positive("backpressure.maxAge", maxAge);
    Checks.positive("backpressure.maxWait", maxWait);
    Checks.that(
        resumeAt > 0 && resumeAt <= 1,
        "backpressure.resumeAt is " + resumeAt + "; give a share above 0, at most 1");
    Checks.that(
        interval.toMillis() >= 1, "backpressure.interval is " + interval + "; give at least 1 ms");
  }

  /** No backpressure. */
  public static BackpressureConfig off() {
    return of(BackpressurePolicy.OFF);
  }

  /** Writes wait while the backlog is over a limit. */
  public static BackpressureConfig block(Duration maxWait) {
    return of(BackpressurePolicy.BLOCK).withMaxWait(maxWait);
  }

  /** Writes wait for their own commit while the backlog is over a limit. */
  public static BackpressureConfig writeThrough(Duration maxWait) {
    return of(BackpressurePolicy.WRITE_THROUGH).withMaxWait(maxWait);
  }

  /** Writes fail while the backlog is over a limit. */
  public static BackpressureConfig fail() {
    return of(BackpressurePolicy.FAIL);
  }

  private static BackpressureConfig of(BackpressurePolicy policy) {
    return new BackpressureConfig(
        policy,
        100_000,
        256L * 1024 * 1024,
        Duration.ofSeconds(30),
        Duration.ofSeconds(10),
        0.8,
        Duration.ofMillis(100));
  }

  /** This configuration with other limits. */
  public BackpressureConfig withLimits(long newMaxEntries, long newMaxBytes, Duration newMaxAge) {
    return new BackpressureConfig(
        policy, newMaxEntries, newMaxBytes, newMaxAge, maxWait, resumeAt, interval);
  }

  /** This configuration with another longest wait. */
  public BackpressureConfig withMaxWait(Duration newMaxWait) {
    return new BackpressureConfig(
        policy, maxEntries, maxBytes, maxAge, newMaxWait, resumeAt, interval);
  }

  /** This configuration, looking at the backlog at another interval. */
  public BackpressureConfig withInterval(Duration newInterval) {
    return new BackpressureConfig(
        policy, maxEntries, maxBytes, maxAge, maxWait, resumeAt, newInterval);
  }
}
