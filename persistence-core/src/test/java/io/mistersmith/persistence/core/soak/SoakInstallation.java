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
 * @param natsUrl where NATS is; several are separated by commas
 * @param jdbcUrl the database
 * @param user the role
 * @param replica host and port of the standby
 */
record SoakInstallation(String natsUrl, String jdbcUrl, String user, String replica) {

  /** How many arguments {@link #of} reads. */
  static final int ARGUMENTS = 4;

  static SoakInstallation of(String[] args) {
    return new SoakInstallation(args[0], args[1], args[2], args[3]);
  }

  List<String> arguments() {
    return List.of(natsUrl, jdbcUrl, user, replica);
  }

  /** Short waits, and entries that leave KV all the time, so that much can go wrong. */
  PersistenceConfig config(String runtimeName) {
    String[] servers = natsUrl.split(",", -1);
    return PersistenceConfig.builder(
            NatsConfig.builder(servers)
                .replicas(servers.length)
                .requestTimeout(Duration.ofSeconds(2))
                .build(),
            PostgresConfig.builder(jdbcUrl, user)
                .connections(1, 2)
                .replica(role -> role.host(replica).connections(0, 2))
                .maxReplicaLag(Duration.ofSeconds(1))
                .acquireTimeout(Duration.ofSeconds(2))
                .statementTimeout(Duration.ofSeconds(5))
                .build())
        .flush(
            FlushConfig.builder()
                .leaseDuration(Duration.ofSeconds(1))
                .idleTimeToLive(Duration.ofMillis(300))
                .sweepInterval(Duration.ofMillis(150))
                .closeDeadline(Duration.ofSeconds(20))
                .build())
        .knownRevisions(2_000)
        .runtimeName(runtimeName)
        .build();
  }
}
