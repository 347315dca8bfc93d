package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Report;
import io.mistersmith.persistence.operations.Health.Status;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The health of an engine over stores in memory. */
class EngineHealthTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final Faults faults = new Faults(7);

  private Persistence open(Duration interval) {
    return Persistence.open(
        PersistenceConfig.inMemory()
            .monitoring(MonitoringConfig.builder().checkInterval(interval).upkeep(false).build())
            .build(),
        new FaultyStores(new InMemoryStores(), faults));
  }

  @Test
  void eachPartIsAComponent() {
    try (Persistence persistence = open(Duration.ofHours(1))) {
      Report report = persistence.operations().health().check();
      assertThat(report.components())
          .extracting(Component::name)
          .containsExactlyInAnyOrder(
              "postgresql",
              "jetstream_kv",
              "data_consistency",
              "backlog",
              "migrations",
              "partitions",
              "backups",
              "change_feed",
              "services",
              Health.CHECKS);
      assertThat(report.status()).as(report.toString()).isEqualTo(Status.HEALTHY);
    }
  }

  @Test
  void aProbeAsksNoServer() {
    try (Persistence persistence = open(Duration.ofHours(1))) {
      Health health = persistence.operations().health();
      Report report = health.check();
      long asked = faults.on(Call.UPKEEP).count() + faults.on(Call.BUCKET_STATE).count();
      for (int i = 0; i < 1_000; i++) {
        assertThat(health.latest()).isSameAs(report);
      }
      assertThat(faults.on(Call.UPKEEP).count() + faults.on(Call.BUCKET_STATE).count())
          .isEqualTo(asked);
    }
  }

  @Test
  void whatIsDownIsReportedAndNothingIsThrown() {
    try (Persistence persistence = open(Duration.ofMillis(50))) {
      Health health = persistence.operations().health();
      faults.sqlOutage(true);
      await().atMost(SOON).until(() -> status(health, "postgresql") == Status.UNHEALTHY);
      assertThat(status(health, "jetstream_kv")).isEqualTo(Status.HEALTHY);
      faults.hotOutage(true);
      await().atMost(SOON).until(() -> status(health, "jetstream_kv") == Status.UNHEALTHY);
      assertThat(health.check().status()).isEqualTo(Status.UNHEALTHY);
      faults.clear();
      await().atMost(SOON).until(() -> status(health, "postgresql") == Status.HEALTHY);
      await().atMost(SOON).until(() -> status(health, "jetstream_kv") == Status.HEALTHY);
    }
  }

  private static Status status(Health health, String component) {
    return health.latest().component(component).map(Component::status).orElse(Status.DEGRADED);
  }
}
