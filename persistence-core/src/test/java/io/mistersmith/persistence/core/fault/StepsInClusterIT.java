package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.OwnPostgres;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.server.NatsCluster;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Servers of a cluster are killed, the leader of the bucket among them, while steps are written.
 */
@Tag("fault")
@Tag("full")
@Tag("logs")
class StepsInClusterIT {

  private static final int KILLS = Repetitions.of(9, 3);

  @Test
  void nobodySeesAPartOfAStepWhenTheLeaderDies() {
    AtomicLong acknowledged = new AtomicLong();
    Epochs epochs = new Epochs();
    try (NatsCluster cluster = NatsCluster.start(3, NatsOptions.defaults());
        PostgresServer postgres = OwnPostgres.start()) {
      FaultServers servers = FaultServers.of(cluster.servers().get(0), postgres);
      Installation installation = servers.installation(cluster.url());
      PersistenceConfig config = installation.config();
      PersistenceConfig replicated =
          config.toBuilder()
              .nats(config.nats().toBuilder().replicas(3).build())
              .listener(epochs)
              .build();
      try (Persistence persistence = Persistence.open(replicated)) {
        List<AgentId> agents = installation.register(persistence, 1);
        try (StepObservers observers = new StepObservers(installation, persistence, agents, true)) {
          try (StepWriter writer =
              new StepWriter(persistence, agents.get(0), 0, acknowledged::set)) {
            assertThat(writer).isNotNull();
            killOneAfterTheOther(cluster, acknowledged);
            await().atMost(Duration.ofSeconds(60)).until(() -> observers.haveLooked(3));
          }
          long last = acknowledged.get();
          await()
              .atMost(Duration.ofSeconds(60))
              .untilAsserted(
                  () ->
                      assertThat(installation.rows().values())
                          .hasSize(StepWriter.KEYS)
                          .allSatisfy(
                              row -> assertThat(row.number()).isGreaterThanOrEqualTo(last)));
          assertThat(observers.torn()).as("parts of steps").isEmpty();
          servers.report(
              "StepsInCluster",
              "kills=%d steps=%d lost=0 epochs=%d %s"
                  .formatted(KILLS, last, epochs.reasons().size(), observers.counts()));
        }
        installation.assertNothingWentBack();
      }
    }
  }

  private static void killOneAfterTheOther(NatsCluster cluster, AtomicLong acknowledged) {
    for (int kill = 0; kill < KILLS; kill++) {
      awaitMore(acknowledged);
      NatsServer victim = cluster.servers().get(kill % 3);
      victim.kill();
      awaitMore(acknowledged);
      victim.restart();
    }
  }

  private static void awaitMore(AtomicLong acknowledged) {
    long before = acknowledged.get();
    await().atMost(Duration.ofSeconds(90)).until(() -> acknowledged.get() > before + 5);
  }
}
