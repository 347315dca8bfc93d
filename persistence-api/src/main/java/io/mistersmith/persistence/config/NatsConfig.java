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
 * @param replicas how many copies the file buckets have: 1, 3 or 5; never more are asked for than
 *     the cluster has servers. Seed section 11.2 wants 3 in production
 * @param requestTimeout how long one request may take
 * @param connectTimeout how long the first connection may take
 * @param maxInFlight how many unacknowledged asynchronous writes there may be
 */
public record NatsConfig(
    List<String> servers,
    Optional<Path> credentialsFile,
    String namePrefix,
    int replicas,
    Duration requestTimeout,
    Duration connectTimeout,
    int maxInFlight) {

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
    Checks.that(
        maxInFlight >= 1 && maxInFlight <= 4096,
        "nats.maxInFlight is " + maxInFlight + "; use 1 to 4096");
  }

  /** One replica, 5 s for a request and for connecting, 512 writes in flight. */
  public static NatsConfig of(String... servers) {
    return new NatsConfig(
        List.of(servers),
        Optional.empty(),
        "",
        1,
        Duration.ofSeconds(5),
        Duration.ofSeconds(5),
        512);
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
        maxInFlight);
  }

  /** This configuration with a prefix for the names of buckets. */
  public NatsConfig withNamePrefix(String prefix) {
    return new NatsConfig(
        servers, credentialsFile, prefix, replicas, requestTimeout, connectTimeout, maxInFlight);
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
        maxInFlight);
  }

  /** This configuration with another deadline for requests. */
  public NatsConfig withRequestTimeout(Duration timeout) {
    return new NatsConfig(
        servers, credentialsFile, namePrefix, replicas, timeout, connectTimeout, maxInFlight);
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
        newMaxInFlight);
  }
}
