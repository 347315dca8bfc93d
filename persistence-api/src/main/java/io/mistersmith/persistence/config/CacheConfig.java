package io.mistersmith.persistence.config;

import io.mistersmith.persistence.model.DataType;
import java.time.Duration;
import java.util.Set;

/**
 * Says what this process keeps of KV's entries in its own memory (L1), for each type of data apart.
 * On by default. Immutable; {@link #builder} makes one and {@link #toBuilder} a changed copy.
 *
 * <p>An own write is seen by the next read at once. Another process's write is seen as soon as the
 * watch of the bucket delivers it, which takes about as long as the write itself; while the watch
 * is interrupted every read goes to the stores. Entries that leave the bucket without a message,
 * because another process deleted their agent from the registry, are answered for at most the time
 * to live.
 */
public final class CacheConfig {

  private final long maxWeightBytes;
  private final Duration timeToLive;
  private final Duration negativeTimeToLive;
  private final boolean statistics;
  private final Set<DataType> excluded;

  private CacheConfig(Builder builder) {
    this.maxWeightBytes = builder.maxWeightBytes;
    this.timeToLive = builder.timeToLive;
    this.negativeTimeToLive = builder.negativeTimeToLive;
    this.statistics = builder.statistics;
    this.excluded = builder.excluded;
  }

  /** Returns the defaults. */
  public static CacheConfig defaults() {
    return builder().build();
  }

  /** Returns a builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a configuration in which every read goes to the stores. */
  public static CacheConfig off() {
    return builder().excluded(DataType.values()).build();
  }

  /** Returns a builder that starts from this configuration. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /**
   * About how many bytes the entries of one type of data may take (64 MiB): the value twice, since
   * the decoded one may be kept beside it, the key, and what keeps them.
   */
  public long maxWeightBytes() {
    return maxWeightBytes;
  }

  /** How long an entry is answered from memory (1 min). */
  public Duration timeToLive() {
    return timeToLive;
  }

  /**
   * How long it is remembered that a key has no entry, and how long an entry is answered that was
   * just brought back from PostgreSQL and not looked at by the flush yet (1 s); zero for not at
   * all.
   */
  public Duration negativeTimeToLive() {
    return negativeTimeToLive;
  }

  /** Whether hits and misses are counted (true). */
  public boolean statistics() {
    return statistics;
  }

  /** The types of data that are not kept (none). */
  public Set<DataType> excluded() {
    return excluded;
  }

  /** Returns whether entries of this type are kept. */
  public boolean isOn(DataType dataType) {
    return !excluded.contains(dataType);
  }

  /** Prints all settings. */
  @Override
  public String toString() {
    return Printed.of("CacheConfig")
        .with("maxWeightBytes", maxWeightBytes)
        .with("timeToLive", timeToLive)
        .with("negativeTimeToLive", negativeTimeToLive)
        .with("statistics", statistics)
        .with("excluded", excluded)
        .toString();
  }

  /** Collects a configuration, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private long maxWeightBytes = 64L * 1024 * 1024;
    private Duration timeToLive = Duration.ofMinutes(1);
    private Duration negativeTimeToLive = Duration.ofSeconds(1);
    private boolean statistics = true;
    private Set<DataType> excluded = Set.of();

    private Builder() {}

    private Builder(CacheConfig config) {
      this.maxWeightBytes = config.maxWeightBytes;
      this.timeToLive = config.timeToLive;
      this.negativeTimeToLive = config.negativeTimeToLive;
      this.statistics = config.statistics;
      this.excluded = config.excluded;
    }

    /** See {@link CacheConfig#maxWeightBytes()}. */
    public Builder maxWeightBytes(long value) {
      Checks.that(
          value >= 1,
          "cache.maxWeightBytes is " + value + "; give at least 1, or CacheConfig.off()");
      this.maxWeightBytes = value;
      return this;
    }

    /** See {@link CacheConfig#timeToLive()}. */
    public Builder timeToLive(Duration value) {
      Checks.that(
          value.toMillis() >= 1,
          "cache.timeToLive is " + value + "; give at least 1 ms, or CacheConfig.off()");
      this.timeToLive = value;
      return this;
    }

    /** See {@link CacheConfig#negativeTimeToLive()}. */
    public Builder negativeTimeToLive(Duration value) {
      Checks.that(
          !value.isNegative(),
          "cache.negativeTimeToLive is " + value + "; use zero for not at all");
      this.negativeTimeToLive = value;
      return this;
    }

    /** See {@link CacheConfig#statistics()}. */
    public Builder statistics(boolean value) {
      this.statistics = value;
      return this;
    }

    /** See {@link CacheConfig#excluded()}. */
    public Builder excluded(DataType... values) {
      this.excluded = Set.of(values);
      return this;
    }

    /** Returns the configuration. */
    public CacheConfig build() {

      return new CacheConfig(this);
    }
  }
}
