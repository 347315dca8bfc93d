package io.mistersmith.persistence.config;

import java.time.Duration;

/**
 * Says how much may wait in the journal of agent state before writes are slowed down. Off by
 * default. Immutable; start from {@link #off()}, {@link #block}, {@link #writeThrough} or {@link
 * #fail}, and change a copy by {@link #toBuilder}.
 *
 * <p>The limits apply to the journal's backlog, written by any process and measured every {@code
 * interval}. Writes between two measurements come on top of the limit, and so do writes in flight.
 * Deletes are writes; reads, and data that lives in KV alone, are never slowed down.
 */
public final class BackpressureConfig {

  private final BackpressureConfig.Policy policy;
  private final long maxEntries;
  private final long maxBytes;
  private final Duration maxAge;
  private final Duration maxWait;
  private final double resumeAt;
  private final Duration interval;

  private BackpressureConfig(Builder builder) {
    this.policy = builder.policy;
    this.maxEntries = builder.maxEntries;
    this.maxBytes = builder.maxBytes;
    this.maxAge = builder.maxAge;
    this.maxWait = builder.maxWait;
    this.resumeAt = builder.resumeAt;
    this.interval = builder.interval;
  }

  /** Returns a configuration without backpressure. */
  public static BackpressureConfig off() {
    return new Builder(BackpressureConfig.Policy.OFF).build();
  }

  /** Returns a configuration in which writes wait while the backlog is over a limit. */
  public static BackpressureConfig block(Duration maxWait) {
    return new Builder(BackpressureConfig.Policy.BLOCK).maxWait(maxWait).build();
  }

  /**
   * Returns a configuration in which writes wait for their own commit while the backlog is over a
   * limit.
   */
  public static BackpressureConfig writeThrough(Duration maxWait) {
    return new Builder(BackpressureConfig.Policy.WRITE_THROUGH).maxWait(maxWait).build();
  }

  /** Returns a configuration in which writes fail while the backlog is over a limit. */
  public static BackpressureConfig fail() {
    return new Builder(BackpressureConfig.Policy.FAIL).build();
  }

  /** Returns a builder that starts from this configuration. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** The treatment of writes while the backlog is over a limit. */
  public BackpressureConfig.Policy policy() {
    return policy;
  }

  /** How many journal entries may wait (100,000). */
  public long maxEntries() {
    return maxEntries;
  }

  /**
   * About how many bytes may wait (256 MiB); see {@link
   * io.mistersmith.persistence.operations.Consistency.Backlog#bytes()} for how they are counted.
   */
  public long maxBytes() {
    return maxBytes;
  }

  /** How long the oldest of them may wait (30 s). */
  public Duration maxAge() {
    return maxAge;
  }

  /** How long a write waits, for the backlog to shrink or for its own commit (10 s). */
  public Duration maxWait() {
    return maxWait;
  }

  /** Writes are free again when every figure is at most this share of its limit (0.8). */
  public double resumeAt() {
    return resumeAt;
  }

  /** How often the backlog is looked at (100 ms). */
  public Duration interval() {
    return interval;
  }

  /** Prints all settings. */
  @Override
  public String toString() {
    return Printed.of("BackpressureConfig")
        .with("policy", policy)
        .with("maxEntries", maxEntries)
        .with("maxBytes", maxBytes)
        .with("maxAge", maxAge)
        .with("maxWait", maxWait)
        .with("resumeAt", resumeAt)
        .with("interval", interval)
        .toString();
  }

  /** Collects a configuration, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private BackpressureConfig.Policy policy;
    private long maxEntries = 100_000;
    private long maxBytes = 256L * 1024 * 1024;
    private Duration maxAge = Duration.ofSeconds(30);
    private Duration maxWait = Duration.ofSeconds(10);
    private double resumeAt = 0.8;
    private Duration interval = Duration.ofMillis(100);

    private Builder(BackpressureConfig.Policy policy) {
      this.policy = policy;
    }

    private Builder(BackpressureConfig config) {
      this.policy = config.policy;
      this.maxEntries = config.maxEntries;
      this.maxBytes = config.maxBytes;
      this.maxAge = config.maxAge;
      this.maxWait = config.maxWait;
      this.resumeAt = config.resumeAt;
      this.interval = config.interval;
    }

    /** See {@link BackpressureConfig#policy()}. */
    public Builder policy(BackpressureConfig.Policy value) {
      this.policy = value;
      return this;
    }

    /** See {@link BackpressureConfig#maxEntries()}. */
    public Builder maxEntries(long value) {
      Checks.atLeastOne("backpressure.maxEntries", value);
      this.maxEntries = value;
      return this;
    }

    /** See {@link BackpressureConfig#maxBytes()}. */
    public Builder maxBytes(long value) {
      Checks.atLeastOne("backpressure.maxBytes", value);
      this.maxBytes = value;
      return this;
    }

    /** See {@link BackpressureConfig#maxAge()}. */
    public Builder maxAge(Duration value) {
      Checks.positive("backpressure.maxAge", value);
      this.maxAge = value;
      return this;
    }

    /** See {@link BackpressureConfig#maxWait()}. */
    public Builder maxWait(Duration value) {
      Checks.positive("backpressure.maxWait", value);
      this.maxWait = value;
      return this;
    }

    /** See {@link BackpressureConfig#resumeAt()}. */
    public Builder resumeAt(double value) {
      Checks.that(
          value > 0 && value <= 1,
          "backpressure.resumeAt is " + value + "; give a share above 0, at most 1");
      this.resumeAt = value;
      return this;
    }

    /** See {@link BackpressureConfig#interval()}. */
    public Builder interval(Duration value) {
      Checks.that(
          value.toMillis() >= 1, "backpressure.interval is " + value + "; give at least 1 ms");
      this.interval = value;
      return this;
    }

    /** Returns the configuration. */
    public BackpressureConfig build() {

      return new BackpressureConfig(this);
    }
  }

  /** The treatment of writes while the unflushed backlog is over its limit. */
  public enum Policy {
    /** Nothing: the backlog may grow until the bucket is full. */
    OFF,
    /** It waits until the backlog has shrunk, and fails when that takes too long. */
    BLOCK,
    /**
     * It is made, and waits for its own commit: each writer has one write in the backlog at most,
     * so that writers go no faster than PostgreSQL. An asynchronous write does so in its caller's
     * thread.
     */
    WRITE_THROUGH,
    /** It fails at once, and is not made. */
    FAIL
  }
}
