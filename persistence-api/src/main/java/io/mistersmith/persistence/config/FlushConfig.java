package io.mistersmith.persistence.config;

import java.time.Duration;

/**
 * When acknowledged writes go to PostgreSQL, and when they leave KV. Immutable; start from {@link
 * #defaults()} and copy with {@code with…}.
 *
 * @param dirtyKeys a batch is closed when it holds this many keys (seed section 1.3: 50)
 * @param maxAge or when its first entry has waited this long (50 ms)
 * @param maxBytes or when it holds this many bytes (4 MiB)
 * @param maxEntries how many journal entries a batch may hold when there is a backlog (2,000)
 * @param leaseDuration how long one runtime flushes for all before it must renew (2 s), which it
 *     does only while the journal gets applied. A runtime whose own writes wait for 200 ms stands
 *     in before that, and any runtime where writes wait for two thirds of it
 * @param idleTimeToLive an entry leaves KV when both its last write and the commit of it are this
 *     old (30 min by default). From three quarters of it on, reads confirm it against PostgreSQL; a
 *     process may be wrong about nats-server's clock by the last quarter
 * @param sweepInterval how often idle entries are looked for (30 s)
 * @param tombstoneRetention how long PostgreSQL remembers that an entry was deleted (7 days)
 * @param clockOverlap how far before the last position a journal that went back is searched for
 *     what is new, to allow for clock steps (10 min)
 * @param closeDeadline how long {@code close} waits for what this process has written (30 s)
 */
public record FlushConfig(
    int dirtyKeys,
    Duration maxAge,
    long maxBytes,
    int maxEntries,
    Duration leaseDuration,
    Duration idleTimeToLive,
    Duration sweepInterval,
    Duration tombstoneRetention,
    Duration clockOverlap,
    Duration closeDeadline) {

  /** Checks every field. */
  public FlushConfig {
    Checks.that(dirtyKeys >= 1, "flush.dirtyKeys is " + dirtyKeys + "; give at least 1");
    Checks.positive("flush.maxAge", maxAge);
    Checks.that(maxBytes >= 64 * 1024, "flush.maxBytes is " + maxBytes + "; give at least 65536");
    Checks.that(
        maxEntries >= dirtyKeys,
        "flush.maxEntries is " + maxEntries + "; give at least dirtyKeys, " + dirtyKeys);
    Checks.positive("flush.leaseDuration", leaseDuration);
    Checks.positive("flush.idleTimeToLive", idleTimeToLive);
    Checks.positive("flush.sweepInterval", sweepInterval);
    Checks.positive("flush.tombstoneRetention", tombstoneRetention);
    Checks.positive("flush.clockOverlap", clockOverlap);
    Checks.positive("flush.closeDeadline", closeDeadline);
  }

  /** The defaults. */
  public static FlushConfig defaults() {
    return new FlushConfig(
        50,
        Duration.ofMillis(50),
        4L * 1024 * 1024,
        2_000,
        Duration.ofSeconds(2),
        Duration.ofMinutes(30),
        Duration.ofSeconds(30),
        Duration.ofDays(7),
        Duration.ofMinutes(10),
        Duration.ofSeconds(30));
  }

  /** This configuration with other triggers. */
  public FlushConfig withTriggers(int newDirtyKeys, Duration newMaxAge, long newMaxBytes) {
    return new FlushConfig(
        newDirtyKeys,
        newMaxAge,
        newMaxBytes,
        Math.max(maxEntries, newDirtyKeys),
        leaseDuration,
        idleTimeToLive,
        sweepInterval,
        tombstoneRetention,
        clockOverlap,
        closeDeadline);
  }

  /** This configuration with another lease. */
  public FlushConfig withLeaseDuration(Duration lease) {
    return new FlushConfig(
        dirtyKeys,
        maxAge,
        maxBytes,
        maxEntries,
        lease,
        idleTimeToLive,
        sweepInterval,
        tombstoneRetention,
        clockOverlap,
        closeDeadline);
  }

  /** This configuration with another idle time, looked for at another interval. */
  public FlushConfig withIdleTimeToLive(Duration idle, Duration sweep) {
    return new FlushConfig(
        dirtyKeys,
        maxAge,
        maxBytes,
        maxEntries,
        leaseDuration,
        idle,
        sweep,
        tombstoneRetention,
        clockOverlap,
        closeDeadline);
  }

  /** This configuration with another deadline for close. */
  public FlushConfig withCloseDeadline(Duration deadline) {
    return new FlushConfig(
        dirtyKeys,
        maxAge,
        maxBytes,
        maxEntries,
        leaseDuration,
        idleTimeToLive,
        sweepInterval,
        tombstoneRetention,
        clockOverlap,
        deadline);
  }
}
