package io.mistersmith.persistence.config;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Says whether and how this runtime publishes committed changes. It matters only where the set of
 * scripts {@code events} is applied. Immutable; {@link #builder} makes one and {@link #toBuilder} a
 * changed copy.
 */
public final class ChangeFeedConfig {

  private final boolean publishing;
  private final Duration pollInterval;
  private final Duration leaseDuration;
  private final Duration alarmAfter;
  private final int maxChanges;
  private final Map<UUID, String> tenantPrefixes;

  private ChangeFeedConfig(Builder builder) {
    this.publishing = builder.publishing;
    this.pollInterval = builder.pollInterval;
    this.leaseDuration = builder.leaseDuration;
    this.alarmAfter = builder.alarmAfter;
    this.maxChanges = builder.maxChanges;
    this.tenantPrefixes = Map.copyOf(builder.tenantPrefixes);
  }

  /** Returns the defaults: this runtime publishes where the set is applied. */
  public static ChangeFeedConfig defaults() {
    return builder().build();
  }

  /** Returns a configuration in which this runtime leaves publishing to others. */
  public static ChangeFeedConfig off() {
    return builder().publishing(false).build();
  }

  /** Returns a builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts from this configuration. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Whether this runtime publishes while no other one does (true). */
  public boolean publishing() {
    return publishing;
  }

  /**
   * How often the publishing runtime looks for changes by programs that do not use this library
   * (200 ms). This library's own changes wake it.
   */
  public Duration pollInterval() {
    return pollInterval;
  }

  /**
   * How long one runtime publishes for all before it must renew (2 s). When it dies, another one
   * takes over after that, and a third of it at most.
   */
  public Duration leaseDuration() {
    return leaseDuration;
  }

  /** The age of the oldest unpublished change from which on the health says so (30 s). */
  public Duration alarmAfter() {
    return alarmAfter;
  }

  /** How many changes are read from PostgreSQL at once (2,000). */
  public int maxChanges() {
    return maxChanges;
  }

  /**
   * The {@code nats.namePrefix} of each tenant, to whose streams its changes are published (none).
   * Those of other tenants, and of rows without one, go to this runtime's own. All runtimes that
   * publish need the same.
   */
  public Map<UUID, String> tenantPrefixes() {
    return tenantPrefixes;
  }

  /** Prints all settings. */
  @Override
  public String toString() {
    return Printed.of("ChangeFeedConfig")
        .with("publishing", publishing)
        .with("pollInterval", pollInterval)
        .with("leaseDuration", leaseDuration)
        .with("alarmAfter", alarmAfter)
        .with("maxChanges", maxChanges)
        .with("tenantPrefixes", tenantPrefixes)
        .toString();
  }

  /** Collects a configuration, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private boolean publishing = true;
    private Duration pollInterval = Duration.ofMillis(200);
    private Duration leaseDuration = Duration.ofSeconds(2);
    private Duration alarmAfter = Duration.ofSeconds(30);
    private int maxChanges = 2_000;
    private final Map<UUID, String> tenantPrefixes = new HashMap<>();

    private Builder() {}

    private Builder(ChangeFeedConfig config) {
      this.publishing = config.publishing;
      this.pollInterval = config.pollInterval;
      this.leaseDuration = config.leaseDuration;
      this.alarmAfter = config.alarmAfter;
      this.maxChanges = config.maxChanges;
      this.tenantPrefixes.putAll(config.tenantPrefixes);
    }

    /** See {@link ChangeFeedConfig#publishing()}. */
    public Builder publishing(boolean value) {
      this.publishing = value;
      return this;
    }

    /** See {@link ChangeFeedConfig#pollInterval()}. */
    public Builder pollInterval(Duration value) {
      Checks.positive("changeFeed.pollInterval", value);
      this.pollInterval = value;
      return this;
    }

    /** See {@link ChangeFeedConfig#leaseDuration()}. */
    public Builder leaseDuration(Duration value) {
      Checks.positive("changeFeed.leaseDuration", value);
      this.leaseDuration = value;
      return this;
    }

    /** See {@link ChangeFeedConfig#alarmAfter()}. */
    public Builder alarmAfter(Duration value) {
      Checks.positive("changeFeed.alarmAfter", value);
      this.alarmAfter = value;
      return this;
    }

    /** See {@link ChangeFeedConfig#maxChanges()}. */
    public Builder maxChanges(int value) {
      Checks.atLeastOne("changeFeed.maxChanges", value);
      this.maxChanges = value;
      return this;
    }

    /** Adds a tenant to {@link ChangeFeedConfig#tenantPrefixes()}. */
    public Builder tenantPrefix(UUID tenant, String namePrefix) {
      this.tenantPrefixes.put(tenant, namePrefix);
      return this;
    }

    /** The configuration. */
    public ChangeFeedConfig build() {
      return new ChangeFeedConfig(this);
    }
  }
}
