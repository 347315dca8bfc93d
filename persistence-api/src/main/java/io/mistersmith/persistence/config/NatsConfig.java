package io.mistersmith.persistence.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How to reach NATS. Immutable; start from {@link #of} and copy with {@code with…}.
 *
 * @param servers the URLs of the servers, at least one, such as {@code nats://localhost:4222}
 * @param credentialsFile a {@code .creds} file, where the server asks for one
 * @param namePrefix put before the names of the buckets, so that several installations can share a
 *     server; letters, digits, {@code _} and {@code -}, or empty
 * @param replicas how many copies the file buckets have: 1, 3 or 5. While the cluster has fewer
 *     servers a bucket has fewer copies, and gets the missing ones when the servers are there; a
 *     single server that belongs to no cluster keeps one. Use 3 in production
 * @param requestTimeout how long one request may take
 * @param connectTimeout how long the first connection may take
 * @param openTimeout how long opening waits for a JetStream that does not answer yet, such as that
 *     of a cluster whose servers are just being started
 * @param maxInFlight how many unacknowledged asynchronous writes there may be
 * @param maxInFlightBytes how many bytes the values of the unacknowledged asynchronous writes may
 *     have together; a larger single value is sent when nothing else is under way
 */
public record NatsConfig(
    List<String> servers,
    Optional<Path> credentialsFile,
    String namePrefix,
    int replicas,
    Duration requestTimeout,
    Duration connectTimeout,
    Duration openTimeout,
    int maxInFlight,
    long maxInFlightBytes) {

  private static final Duration REQUEST = Duration.ofSeconds(5);
  private static final Duration OPEN = Duration.ofSeconds(30);
  private static final long MIB = 1L << 20;

  /** Checks every field. */
  public NatsConfig {
    servers = List.copyOf(servers);
    Checks.that(!servers.isEmpty(), "nats.servers is empty; give at least one URL");
    Checks.that(
        namePrefix.matches("[A-Za-z0-9_-]*"),
        "nats.namePrefix may hold letters, digits, '_' and '-' only");
    Checks.that(
        replicas == 1 || replicas == 3 || replicas == 5,
        "nats.replicas is " + replicas + "; use 1, 3 or 5");
    Checks.positive("nats.requestTimeout", requestTimeout);
    Checks.positive("nats.connectTimeout", connectTimeout);
    Checks.positive("nats.openTimeout", openTimeout);
    Checks.that(
        maxInFlight >= 1 && maxInFlight <= 4096,
        "nats.maxInFlight is " + maxInFlight + "; use 1 to 4096");
    Checks.that(
        maxInFlightBytes >= 1024 && maxInFlightBytes <= Integer.MAX_VALUE,
        "nats.maxInFlightBytes is " + maxInFlightBytes + "; use 1024 to " + Integer.MAX_VALUE);
  }

  /**
   * One replica, 5 s for a request and for connecting, 30 s for opening, 512 writes in flight with
   * 64 MiB together, or a sixteenth of the heap where that is less.
   */
  public static NatsConfig of(String... servers) {
    return new NatsConfig(
        List.of(servers),
        Optional.empty(),
        "",
        1,
        REQUEST,
        REQUEST,
        OPEN,
        512,
        Math.max(MIB, Math.min(64 * MIB, Runtime.getRuntime().maxMemory() / 16)));
  }

  /** This configuration with a credentials file. */
  public NatsConfig withCredentialsFile(Path file) {
    return new NatsConfig(
        servers,
        Optional.of(file),
        namePrefix,
        replicas,
        requestTimeout,
        connectTimeout,
        openTimeout,
        maxInFlight,
        maxInFlightBytes);
  }

  /** This configuration with a prefix for the names of buckets. */
  public NatsConfig withNamePrefix(String prefix) {
    return new NatsConfig(
        servers,
        credentialsFile,
        prefix,
        replicas,
        requestTimeout,
        connectTimeout,
        openTimeout,
        maxInFlight,
        maxInFlightBytes);
  }

  /** This configuration with another number of replicas. */
  public NatsConfig withReplicas(int newReplicas) {
    return new NatsConfig(
        servers,
        credentialsFile,
        namePrefix,
        newReplicas,
        requestTimeout,
        connectTimeout,
        openTimeout,
        maxInFlight,
        maxInFlightBytes);
  }

  /** This configuration with another deadline for requests. */
  public NatsConfig withRequestTimeout(Duration timeout) {
    return new NatsConfig(
        servers,
        credentialsFile,
        namePrefix,
        replicas,
        timeout,
        connectTimeout,
        openTimeout,
        maxInFlight,
        maxInFlightBytes);
  }

  /** This configuration with another deadline for opening. */
  public NatsConfig withOpenTimeout(Duration timeout) {
    return new NatsConfig(
        servers,
        credentialsFile,
        namePrefix,
        replicas,
        requestTimeout,
        connectTimeout,
        timeout,
        maxInFlight,
        maxInFlightBytes);
  }

  /** This configuration with another window of unacknowledged writes. */
  public NatsConfig withMaxInFlight(int newMaxInFlight) {
    return new NatsConfig(
        servers,
        credentialsFile,
        namePrefix,
        replicas,
        requestTimeout,
        connectTimeout,
        openTimeout,
        newMaxInFlight,
        maxInFlightBytes);
  }

  /** This configuration with another number of bytes that unacknowledged writes may have. */
  public NatsConfig withMaxInFlightBytes(long bytes) {
    return new NatsConfig(
        servers,
        credentialsFile,
        namePrefix,
        replicas,
        requestTimeout,
        connectTimeout,
        openTimeout,
        maxInFlight,
        bytes);
  }
}
