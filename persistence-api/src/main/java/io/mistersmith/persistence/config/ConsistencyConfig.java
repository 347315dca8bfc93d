package io.mistersmith.persistence.config;

import java.time.Duration;

/**
 * What counts as consistent, and how that is looked after. Immutable; start from {@link
 * #defaults()} and copy with {@code with…}.
 *
 * @param window a write that is committed later than this is a violation (seed section 7.1: 200 ms)
 * @param interval how often the runtime that flushes compares a random sample of KV with
 *     PostgreSQL; zero for never, also not after a violation (1 min)
 * @param sampleSize of how many journal entries the keys are compared (200)
 * @param repair whether what differs is mended, or reported only (true)
 * @param orphans what becomes of entries that nobody owns or can read ({@link OrphanPolicy#REPORT})
 * @param orphanAge an orphan that is younger is left alone, since its agent may be about to be
 *     registered (30 min)
 */
public record ConsistencyConfig(
    Duration window,
    Duration interval,
    int sampleSize,
    boolean repair,
    OrphanPolicy orphans,
    Duration orphanAge) {

  /** Checks every field. */
  public ConsistencyConfig {
    Checks.positive("consistency.window", window);
    Checks.that(
        !interval.isNegative(), "consistency.interval is " + interval + "; use zero for never");
    Checks.that(sampleSize >= 1, "consistency.sampleSize is " + sampleSize + "; give at least 1");
    Checks.that(
        !orphanAge.isNegative(), "consistency.orphanAge is " + orphanAge + "; use zero for none");
  }

  /** The defaults. */
  public static ConsistencyConfig defaults() {
    return new ConsistencyConfig(
        Duration.ofMillis(200),
        Duration.ofMinutes(1),
        200,
        true,
        OrphanPolicy.REPORT,
        Duration.ofMinutes(30));
  }

  /** This configuration with another window. */
  public ConsistencyConfig withWindow(Duration newWindow) {
    return new ConsistencyConfig(newWindow, interval, sampleSize, repair, orphans, orphanAge);
  }

  /** This configuration, comparing so many entries so often; zero for never. */
  public ConsistencyConfig withSampling(Duration newInterval, int newSampleSize) {
    return new ConsistencyConfig(window, newInterval, newSampleSize, repair, orphans, orphanAge);
  }

  /** This configuration, mending what differs or not. */
  public ConsistencyConfig withRepair(boolean newRepair) {
    return new ConsistencyConfig(window, interval, sampleSize, newRepair, orphans, orphanAge);
  }

  /** This configuration with another way with orphans that are at least so old. */
  public ConsistencyConfig withOrphans(OrphanPolicy newOrphans, Duration newOrphanAge) {
    return new ConsistencyConfig(window, interval, sampleSize, repair, newOrphans, newOrphanAge);
  }
}
