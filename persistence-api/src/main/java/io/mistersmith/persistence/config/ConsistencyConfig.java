package io.mistersmith.persistence.config;

import java.time.Duration;

/**
 * Says what counts as consistent, and how that is looked after. Immutable; {@link #builder} makes
 * one and {@link #toBuilder} a changed copy.
 */
public final class ConsistencyConfig {

  private final Duration window;
  private final Duration interval;
  private final int sampleSize;
  private final boolean repair;
  private final OrphanPolicy orphans;
  private final Duration orphanAge;

  private ConsistencyConfig(Builder builder) {
    this.window = builder.window;
    this.interval = builder.interval;
    this.sampleSize = builder.sampleSize;
    this.repair = builder.repair;
    this.orphans = builder.orphans;
    this.orphanAge = builder.orphanAge;
  }

  /** Returns the defaults. */
  public static ConsistencyConfig defaults() {
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

  /** A write that is committed later than this is a violation (default 200 ms). */
  public Duration window() {
    return window;
  }

  /**
   * How often the runtime that flushes compares a random sample of KV with PostgreSQL; zero for
   * never, also not after a violation (1 min).
   */
  public Duration interval() {
    return interval;
  }

  /** The number of journal entries whose keys are compared (200). */
  public int sampleSize() {
    return sampleSize;
  }

  /** Whether differences are repaired, or only reported (true). */
  public boolean repair() {
    return repair;
  }

  /**
   * The treatment of entries without an owner, and of unreadable ones ({@link
   * OrphanPolicy#REPORT}).
   */
  public OrphanPolicy orphans() {
    return orphans;
  }

  /**
   * An orphan that is younger is left alone, since its agent may be about to be registered (30
   * min).
   */
  public Duration orphanAge() {
    return orphanAge;
  }

  /** Prints all settings. */
  @Override
  public String toString() {
    return Printed.of("ConsistencyConfig")
        .with("window", window)
        .with("interval", interval)
        .with("sampleSize", sampleSize)
        .with("repair", repair)
        .with("orphans", orphans)
        .with("orphanAge", orphanAge)
        .toString();
  }

  /** Collects a configuration, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private Duration window = Duration.ofMillis(200);
    private Duration interval = Duration.ofMinutes(1);
    private int sampleSize = 200;
    private boolean repair = true;
    private OrphanPolicy orphans = OrphanPolicy.REPORT;
    private Duration orphanAge = Duration.ofMinutes(30);

    private Builder() {}

    private Builder(ConsistencyConfig config) {
      this.window = config.window;
      this.interval = config.interval;
      this.sampleSize = config.sampleSize;
      this.repair = config.repair;
      this.orphans = config.orphans;
      this.orphanAge = config.orphanAge;
    }

    /** See {@link ConsistencyConfig#window()}. */
    public Builder window(Duration value) {
      Checks.positive("consistency.window", value);
      this.window = value;
      return this;
    }

    /** See {@link ConsistencyConfig#interval()}. */
    public Builder interval(Duration value) {
      Checks.that(!value.isNegative(), "consistency.interval is " + value + "; use zero for never");
      this.interval = value;
      return this;
    }

    /** See {@link ConsistencyConfig#sampleSize()}. */
    public Builder sampleSize(int value) {
      Checks.atLeastOne("consistency.sampleSize", value);
      this.sampleSize = value;
      return this;
    }

    /** See {@link ConsistencyConfig#repair()}. */
    public Builder repair(boolean value) {
      this.repair = value;
      return this;
    }

    /** See {@link ConsistencyConfig#orphans()}. */
    public Builder orphans(OrphanPolicy value) {
      this.orphans = value;
      return this;
    }

    /** See {@link ConsistencyConfig#orphanAge()}. */
    public Builder orphanAge(Duration value) {
      Checks.that(!value.isNegative(), "consistency.orphanAge is " + value + "; use zero for none");
      this.orphanAge = value;
      return this;
    }

    /** Returns the configuration. */
    public ConsistencyConfig build() {

      return new ConsistencyConfig(this);
    }
  }

  /**
   * The treatment of entries without an owner, and of unreadable ones, in checks of consistency.
   */
  public enum OrphanPolicy {
    /** It reports them, and leaves them. */
    REPORT,
    /**
     * It removes such entries from KV, and first files those as dead letters that are not filed
     * yet. Nothing is lost.
     */
    DEAD_LETTER,
    /**
     * It removes them from KV and from PostgreSQL. They are gone, unless a dead letter has them.
     */
    REMOVE
  }
}
