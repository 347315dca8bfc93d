package io.mistersmith.persistence.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Says how to reach NATS. Immutable; {@link #builder} makes one and {@link #toBuilder} a changed
 * copy.
 */
public final class NatsConfig {

  private static final long MIB = 1L << 20;

  private final List<String> servers;
  private final Optional<Path> credentialsFile;
  private final String namePrefix;
  private final int replicas;
  private final Duration requestTimeout;
  private final Duration connectTimeout;
  private final Duration openTimeout;
  private final int maxInFlight;
  private final long maxInFlightBytes;

  private NatsConfig(Builder builder) {
    this.servers = builder.servers;
    this.credentialsFile = builder.credentialsFile;
    this.namePrefix = builder.namePrefix;
    this.replicas = builder.replicas;
    this.requestTimeout = builder.requestTimeout;
    this.connectTimeout = builder.connectTimeout;
    this.openTimeout = builder.openTimeout;
    this.maxInFlight = builder.maxInFlight;
    this.maxInFlightBytes = builder.maxInFlightBytes;
  }

  /** Returns the defaults for these servers. */
  public static NatsConfig of(String... servers) {
    return builder(servers).build();
  }

  /** Returns a builder with the defaults for these servers, at least one. */
  public static Builder builder(String... servers) {
    return new Builder(checked(servers));
  }

  private static List<String> checked(String... servers) {
    Checks.that(servers.length > 0, "nats.servers is empty; give at least one URL");
    return List.of(servers);
  }

  /** Returns a builder that starts from this configuration. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** The URLs of the servers, such as {@code nats://localhost:4222}. */
  public List<String> servers() {
    return servers;
  }

  /** A {@code .creds} file, where the server asks for one. */
  public Optional<Path> credentialsFile() {
    return credentialsFile;
  }

  /**
   * The prefix of the buckets' names, so that several installations can share a server; letters,
   * digits, {@code _} and {@code -}, or empty (the default).
   */
  public String namePrefix() {
    return namePrefix;
  }

  /**
   * How many copies the file buckets have: 1 (the default), 3 or 5. While the cluster has fewer
   * servers a bucket has fewer copies, and gets the missing ones when the servers are there; a
   * single server that belongs to no cluster keeps one. Use 3 in production.
   */
  public int replicas() {
    return replicas;
  }

  /** How long one request may take (5 s). */
  public Duration requestTimeout() {
    return requestTimeout;
  }

  /** How long the first connection may take (5 s). */
  public Duration connectTimeout() {
    return connectTimeout;
  }

  /**
   * How long opening waits for a JetStream that does not answer yet, such as that of a cluster that
   * is starting (30 s).
   */
  public Duration openTimeout() {
    return openTimeout;
  }

  /** How many unacknowledged asynchronous writes there may be (512). */
  public int maxInFlight() {
    return maxInFlight;
  }

  /**
   * How many bytes the values of the unacknowledged asynchronous writes may have together (64 MiB,
   * or a sixteenth of the heap where that is less); a larger single value is sent when nothing else
   * is under way.
   */
  public long maxInFlightBytes() {
    return maxInFlightBytes;
  }

  /** Collects a configuration, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private List<String> servers;
    private Optional<Path> credentialsFile = Optional.empty();
    private String namePrefix = "";
    private int replicas = 1;
    private Duration requestTimeout = Duration.ofSeconds(5);
    private Duration connectTimeout = Duration.ofSeconds(5);
    private Duration openTimeout = Duration.ofSeconds(30);
    private int maxInFlight = 512;
    private long maxInFlightBytes =
        Math.max(MIB, Math.min(64 * MIB, Runtime.getRuntime().maxMemory() / 16));

    private Builder(List<String> servers) {
      this.servers = servers;
    }

    private Builder(NatsConfig config) {
      this.servers = config.servers;
      this.credentialsFile = config.credentialsFile;
      this.namePrefix = config.namePrefix;
      this.replicas = config.replicas;
      this.requestTimeout = config.requestTimeout;
      this.connectTimeout = config.connectTimeout;
      this.openTimeout = config.openTimeout;
      this.maxInFlight = config.maxInFlight;
      this.maxInFlightBytes = config.maxInFlightBytes;
    }

    /** See {@link NatsConfig#servers()}. */
    public Builder servers(String... values) {
      this.servers = checked(values);
      return this;
    }

    /** See {@link NatsConfig#credentialsFile()}. */
    public Builder credentialsFile(Path value) {
      this.credentialsFile = Optional.of(value);
      return this;
    }

    /** See {@link NatsConfig#namePrefix()}. */
    public Builder namePrefix(String value) {
      Checks.that(
          value.matches("[A-Za-z0-9_-]*"),
          "nats.namePrefix may hold letters, digits, '_' and '-' only");
      this.namePrefix = value;
      return this;
    }

    /** See {@link NatsConfig#replicas()}. */
    public Builder replicas(int value) {
      Checks.that(
          value == 1 || value == 3 || value == 5, "nats.replicas is " + value + "; use 1, 3 or 5");
      this.replicas = value;
      return this;
    }

    /** See {@link NatsConfig#requestTimeout()}. */
    public Builder requestTimeout(Duration value) {
      Checks.positive("nats.requestTimeout", value);
      this.requestTimeout = value;
      return this;
    }

    /** See {@link NatsConfig#connectTimeout()}. */
    public Builder connectTimeout(Duration value) {
      Checks.positive("nats.connectTimeout", value);
      this.connectTimeout = value;
      return this;
    }

    /** See {@link NatsConfig#openTimeout()}. */
    public Builder openTimeout(Duration value) {
      Checks.positive("nats.openTimeout", value);
      this.openTimeout = value;
      return this;
    }

    /** See {@link NatsConfig#maxInFlight()}. */
    public Builder maxInFlight(int value) {
      Checks.that(value >= 1 && value <= 4096, "nats.maxInFlight is " + value + "; use 1 to 4096");
      this.maxInFlight = value;
      return this;
    }

    /** See {@link NatsConfig#maxInFlightBytes()}. */
    public Builder maxInFlightBytes(long value) {
      Checks.that(
          value >= 1024 && value <= Integer.MAX_VALUE,
          "nats.maxInFlightBytes is " + value + "; use 1024 to " + Integer.MAX_VALUE);
      this.maxInFlightBytes = value;
      return this;
    }

    /** Returns the configuration. */
    public NatsConfig build() {

      return new NatsConfig(this);
    }
  }
}
