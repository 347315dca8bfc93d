package io.mistersmith.persistence.config;

import io.mistersmith.persistence.model.DataType;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * What this process keeps of KV's entries in its own memory (L1), for each type of data apart. On
 * by default. Immutable; start from {@link #defaults()} or {@link #off()} and copy with {@code
 * with…}.
 *
 * <p>An own write is seen by the next read at once. Another process's write is seen as soon as the
 * watch of the bucket delivers it, which takes about as long as the write itself; while the watch
 * is interrupted every read goes to the stores. What leaves the bucket without a message is
 * answered for at most the time to live: entries of an agent that another process deleted from the
 * registry.
 *
 * @param maxWeightBytes about how many bytes the entries of one type of data may take (64 MiB): the
 *     value twice, since the decoded one may be kept beside it, the key, and what keeps them
 * @param timeToLive how long an entry is answered from memory (1 min)
 * @param negativeTimeToLive how long it is remembered that a key has no entry, and how long an
 *     entry is answered that was just brought back from PostgreSQL and not looked at by the flush
 *     yet (1 s); zero for not at all
 * @param statistics whether hits and misses are counted (yes)
 * @param excluded the types of data that are not kept
 */
public record CacheConfig(
    long maxWeightBytes,
    Duration timeToLive,
    Duration negativeTimeToLive,
    boolean statistics,
    Set<DataType> excluded) {

  /** Checks every field. */
  public CacheConfig {
    Checks.that(
        maxWeightBytes >= 1,
        "cache.maxWeightBytes is " + maxWeightBytes + "; give at least 1, or CacheConfig.off()");
    Checks.that(
        timeToLive.toMillis() >= 1,
        "cache.timeToLive is " + timeToLive + "; give at least 1 ms, or CacheConfig.off()");
    Checks.that(
        !negativeTimeToLive.isNegative(),
        "cache.negativeTimeToLive is " + negativeTimeToLive + "; use zero for not at all");
    excluded = Set.copyOf(excluded);
  }

  /** The defaults: all types of data are kept. */
  public static CacheConfig defaults() {
    return new CacheConfig(
        64L * 1024 * 1024, Duration.ofMinutes(1), Duration.ofSeconds(1), true, Set.of());
  }

  /** Every read goes to the stores. */
  public static CacheConfig off() {
    return defaults().without(DataType.values());
  }

  /** Whether entries of this type are kept. */
  public boolean isOn(DataType dataType) {
    return !excluded.contains(dataType);
  }

  /** This configuration with another limit for each type of data. */
  public CacheConfig withMaxWeightBytes(long newMaxWeightBytes) {
    return new CacheConfig(newMaxWeightBytes, timeToLive, negativeTimeToLive, statistics, excluded);
  }

  /** This configuration with another time to live. */
  public CacheConfig withTimeToLive(Duration newTimeToLive) {
    return new CacheConfig(maxWeightBytes, newTimeToLive, negativeTimeToLive, statistics, excluded);
  }

  /** This configuration with another time to live of what is not there. */
  public CacheConfig withNegativeTimeToLive(Duration newNegativeTimeToLive) {
    return new CacheConfig(maxWeightBytes, timeToLive, newNegativeTimeToLive, statistics, excluded);
  }

  /** This configuration, counting hits and misses or not. */
  public CacheConfig withStatistics(boolean newStatistics) {
    return new CacheConfig(maxWeightBytes, timeToLive, negativeTimeToLive, newStatistics, excluded);
  }

  /** This configuration without these types of data. */
  public CacheConfig without(DataType... dataTypes) {
    EnumSet<DataType> more = EnumSet.noneOf(DataType.class);
    more.addAll(excluded);
    more.addAll(Set.of(dataTypes));
    return new CacheConfig(maxWeightBytes, timeToLive, negativeTimeToLive, statistics, more);
  }
}
