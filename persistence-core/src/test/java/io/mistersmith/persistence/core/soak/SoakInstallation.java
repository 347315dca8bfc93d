package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import java.time.Duration;
import java.util.List;

/**
 * The servers that a soak runs on, as its processes need them.
 *
 * @param natsUrl where NATS is
 * @param jdbcUrl the database
 * @param user the role
 */
record SoakInstallation(String natsUrl, String jdbcUrl, String user) {

  /** How many arguments {@link #of} reads. */
  static final int ARGUMENTS = 3;

  static SoakInstallation of(String[] args) {
    return new SoakInstallation(args[0], args[1], args[2]);
  }

  List<String> arguments() {
    return List.of(natsUrl, jdbcUrl, user);
  }

  /** Short waits, and entries that leave KV all the time, so that much can go wrong. */
  PersistenceConfig config(String runtimeName) {
    return PersistenceConfig.builder(
            NatsConfig.of(natsUrl).withRequestTimeout(Duration.ofSeconds(2)),
            PostgresConfig.of(jdbcUrl, user)
                .withConnections(1, 4)
                .withTimeouts(Duration.ofSeconds(2), Duration.ofSeconds(5)))
        .flush(
            FlushConfig.defaults()
                .withLeaseDuration(Duration.ofSeconds(1))
                .withIdleTimeToLive(Duration.ofSeconds(1), Duration.ofMillis(400))
                .withCloseDeadline(Duration.ofSeconds(20)))
        .knownRevisions(2_000)
        .runtimeName(runtimeName)
        .build();
  }
}
