package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.config.NatsConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How to reach NATS.
 *
 * @param servers URLs of the servers.
 * @param credentialsFile File with a JWT and a seed.
 * @param nkeySeedFile File with the seed of a user's NKey.
 * @param username User to connect as.
 * @param password Password of the user.
 * @param token Token to connect with.
 * @param tls Encryption of the connections.
 * @param namePrefix Prefix of the buckets' names, so that several installations can share a server.
 * @param replicas Copies of the file buckets: 1, 3 or 5.
 * @param requestTimeout How long one request may take.
 * @param connectTimeout How long the first connection may take.
 * @param openTimeout How long opening waits for a JetStream that does not answer yet.
 * @param maxInFlight Number of unacknowledged asynchronous writes.
 * @param maxInFlightBytes Size of the values of all unacknowledged asynchronous writes. By default
 *     64MB, or a sixteenth of the heap where that is less.
 */
@ConfigurationProperties("persistence.nats")
record NatsProperties(
    @DefaultValue("nats://localhost:4222") List<String> servers,
    @Nullable Path credentialsFile,
    @Nullable Path nkeySeedFile,
    @Nullable String username,
    @Nullable String password,
    @Nullable String token,
    @DefaultValue @NestedConfigurationProperty TlsProperties tls,
    @DefaultValue("") String namePrefix,
    @DefaultValue("1") int replicas,
    @DefaultValue("5s") Duration requestTimeout,
    @DefaultValue("5s") Duration connectTimeout,
    @DefaultValue("30s") Duration openTimeout,
    @DefaultValue("512") int maxInFlight,
    @Nullable DataSize maxInFlightBytes) {

  NatsConfig config(NatsConnectionDetails details) {
    NatsConfig.Builder nats =
        NatsConfig.builder(details.servers().toArray(String[]::new))
            .namePrefix(namePrefix)
            .replicas(replicas)
            .requestTimeout(requestTimeout)
            .connectTimeout(connectTimeout)
            .openTimeout(openTimeout)
            .maxInFlight(maxInFlight);
    if (maxInFlightBytes != null) {
      nats.maxInFlightBytes(maxInFlightBytes.toBytes());
    }
    details.authentication().ifPresent(nats::authentication);
    details.tls().ifPresent(nats::tls);
    return nats.build();
  }

  /** Prints no secret. */
  @Override
  public String toString() {
    return "NatsProperties[namePrefix=" + namePrefix + "]";
  }
}
