package io.mistersmith.persistence.config;

import java.time.Duration;

/**
 * Says when acknowledged writes go to PostgreSQL, and when they leave KV. Immutable; {@link
 * #builder} makes one and {@link #toBuilder} a changed copy.
 */
public final class FlushConfig {

  private final int dirtyKeys;
  private final Duration maxAge;
  private final long maxBytes;
  private final int maxEntries;
  private final Duration leaseDuration;
  private final Duration idleTimeToLive;
  private final Duration sweepInterval;
  private final Duration tombstoneRetention;
  private final Duration clockOverlap;
  private final Duration closeDeadline;

  private FlushConfig(Builder builder) {
    this.dirtyKeys = builder.dirtyKeys;
    this.maxAge = builder.maxAge;
    this.maxBytes = builder.maxBytes;
    this.maxEntries = Math.max(builder.maxEntries, builder.dirtyKeys);
    this.leaseDuration = builder.leaseDuration;
    this.idleTimeToLive = builder.idleTimeToLive;
    this.sweepInterval = builder.sweepInterval;
    this.tombstoneRetention = builder.tombstoneRetention;
    this.clockOverlap = builder.clockOverlap;
    this.closeDeadline = builder.closeDeadline;
  }

  /** Returns the defaults. */
  public static FlushConfig defaults() {
    return builder().build();
  }

  /** Returns a builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from this configuration. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** A batch is closed when it holds this many keys (default 50). */
  public int dirtyKeys() {
    return dirtyKeys;
  }

  /** A batch is closed when its first entry has waited this long (50 ms). */
  public Duration maxAge() {
    return maxAge;
  }

  /** A batch is closed when it holds this many bytes (4 MiB). */
  public long maxBytes() {
    return maxBytes;
  }

  /**
   * How many journal entries a batch may hold when there is a backlog (2,000, or {@link #dirtyKeys}
   * where that is more).
   */
  public int maxEntries() {
    return maxEntries;
  }

  /**
   * How long one runtime flushes for all before it must renew (2 s), which it does only while the
   * journal gets applied. A runtime whose own writes wait for 200 ms takes over before that, and
   * any runtime where writes wait for two thirds of it.
   */
  public Duration leaseDuration() {
    return leaseDuration;
  }

  /**
   * An entry leaves KV when both its last write and the commit of it are this old (30 min). From
   * three quarters of it on, reads confirm it against PostgreSQL; a process may be wrong about
   * nats-server's clock by the last quarter.
   */
  public Duration idleTimeToLive() {
    return idleTimeToLive;
  }

  /** How often idle entries are looked for (30 s). */
  public Duration sweepInterval() {
    return sweepInterval;
  }

  /** How long PostgreSQL remembers that an entry was deleted (7 days). */
  public Duration tombstoneRetention() {
    return tombstoneRetention;
  }

  /**
   * How far before the last position the library searches a journal that went back for new
   * messages, to allow for clock steps (10 min).
   */
  public Duration clockOverlap() {
    return clockOverlap;
  }

  /** How long {@code close} waits until this process's writes are flushed (30 s). */
  public Duration closeDeadline() {
    return closeDeadline;
  }

  /** Prints all settings. */
  @Override
  public String toString() {
    return Printed.of("FlushConfig")
        .with("dirtyKeys", dirtyKeys)
        .with("maxAge", maxAge)
        .with("maxBytes", maxBytes)
        .with("maxEntries", maxEntries)
        .with("leaseDuration", leaseDuration)
        .with("idleTimeToLive", idleTimeToLive)
        .with("sweepInterval", sweepInterval)
        .with("tombstoneRetention", tombstoneRetention)
        .with("clockOverlap", clockOverlap)
        .with("closeDeadline", closeDeadline)
        .toString();
  }

  /** Collects a configuration, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private int dirtyKeys = 50;
    private Duration maxAge = Duration.ofMillis(50);
    private long maxBytes = 4L * 1024 * 1024;
    private int maxEntries = 2_000;
    private Duration leaseDuration = Duration.ofSeconds(2);
    private Duration idleTimeToLive = Duration.ofMinutes(30);
    private Duration sweepInterval = Duration.ofSeconds(30);
    private Duration tombstoneRetention = Duration.ofDays(7);
    private Duration clockOverlap = Duration.ofMinutes(10);
    private Duration closeDeadline = Duration.ofSeconds(30);

    private Builder() {}

    private Builder(FlushConfig config) {
      this.dirtyKeys = config.dirtyKeys;
      this.maxAge = config.maxAge;
      this.maxBytes = config.maxBytes;
      this.maxEntries = config.maxEntries;
      this.leaseDuration = config.leaseDuration;
      this.idleTimeToLive = config.idleTimeToLive;
      this.sweepInterval = config.sweepInterval;
      this.tombstoneRetention = config.tombstoneRetention;
      this.clockOverlap = config.clockOverlap;
      this.closeDeadline = config.closeDeadline;
    }

    /** See {@link FlushConfig#dirtyKeys()}. */
    public Builder dirtyKeys(int value) {
      Checks.atLeastOne("flush.dirtyKeys", value);
      this.dirtyKeys = value;
      return this;
    }

    /** See {@link FlushConfig#maxAge()}. */
    public Builder maxAge(Duration value) {
      Checks.positive("flush.maxAge", value);
      this.maxAge = value;
      return this;
    }

    /** See {@link FlushConfig#maxBytes()}. */
    public Builder maxBytes(long value) {
      Checks.that(value >= 64 * 1024, "flush.maxBytes is " + value + "; give at least 65536");
      this.maxBytes = value;
      return this;
    }

    /** See {@link FlushConfig#maxEntries()}. */
    public Builder maxEntries(int value) {
      Checks.atLeastOne("flush.maxEntries", value);
      this.maxEntries = value;
      return this;
    }

    /** See {@link FlushConfig#leaseDuration()}. */
    public Builder leaseDuration(Duration value) {
      Checks.positive("flush.leaseDuration", value);
      this.leaseDuration = value;
      return this;
    }

    /** See {@link FlushConfig#idleTimeToLive()}. */
    public Builder idleTimeToLive(Duration value) {
      Checks.positive("flush.idleTimeToLive", value);
      this.idleTimeToLive = value;
      return this;
    }

    /** See {@link FlushConfig#sweepInterval()}. */
    public Builder sweepInterval(Duration value) {
      Checks.positive("flush.sweepInterval", value);
      this.sweepInterval = value;
      return this;
    }

    /** See {@link FlushConfig#tombstoneRetention()}. */
    public Builder tombstoneRetention(Duration value) {
      Checks.positive("flush.tombstoneRetention", value);
      this.tombstoneRetention = value;
      return this;
    }

    /** See {@link FlushConfig#clockOverlap()}. */
    public Builder clockOverlap(Duration value) {
      Checks.positive("flush.clockOverlap", value);
      this.clockOverlap = value;
      return this;
    }

    /** See {@link FlushConfig#closeDeadline()}. */
    public Builder closeDeadline(Duration value) {
      Checks.positive("flush.closeDeadline", value);
      this.closeDeadline = value;
      return this;
    }

    /** Returns the configuration. */
    public FlushConfig build() {

      return new FlushConfig(this);
    }
  }
}
