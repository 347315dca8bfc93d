package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.operations.Pools.ReplicaState;
import io.mistersmith.persistence.operations.Pools.ReplicaStats;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A replica that answers, among others whose hosts take connections and say nothing. */
@Tag("contract")
@Tag("newest")
class SilentReplicasIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration MAX_LAG = Duration.ofSeconds(4);

  /** To probe them one after the other takes longer than the replica may be behind. */
  private static final int SILENT = 8;

  @Test
  void theOneThatAnswersIsReadFromAllTheTime() throws IOException {
    try (PostgresDatabase.Own own = PostgresDatabase.startOwn();
        PostgresStandby standby = own.server().standby("replica_0");
        ServerSocket silent = new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress())) {
      PostgresServer server = standby.server();
      PostgresConfig.Builder config =
          own.database().config().toBuilder()
              .connections(0, 4)
              .maxReplicaLag(MAX_LAG)
              .replica(role -> role.host(server.host() + ":" + server.port()).connections(0, 2));
      for (int i = 0; i < SILENT; i++) {
        config.replica(role -> role.host("127.0.0.1:" + silent.getLocalPort()).connections(0, 2));
      }
      try (PostgresStore store = PostgresDatabase.open(config.build())) {
        Awaitility.await().atMost(SOON).until(() -> stats(store).state() == ReplicaState.FRESH);
        Awaitility.await()
            .during(MAX_LAG.multipliedBy(3))
            .atMost(SOON)
            .until(() -> stats(store).state() == ReplicaState.FRESH);
        assertThat(store.pools().replicas().stream().skip(1))
            .allSatisfy(other -> assertThat(other.state()).isEqualTo(ReplicaState.AWAY));
      }
    }
  }

  private static ReplicaStats stats(PostgresStore store) {
    return store.pools().replicas().get(0);
  }
}
