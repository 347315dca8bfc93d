package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Report;
import io.mistersmith.persistence.operations.Health.Status;
import io.mistersmith.persistence.operations.Upkeep;
import io.mistersmith.persistence.operations.Upkeep.Job;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** How probes and operators ask for the health, and which jobs ran. */
class HealthTest {

  /** Whether to leave the process alone: a restart brings no server back. */
  static boolean isAlive(Persistence persistence) {
    return persistence
        .operations()
        .health()
        .latest()
        .component(Health.CHECKS)
        .filter(checks -> checks.status() != Status.UNHEALTHY)
        .isPresent();
  }

  /** Whether to send the process requests; else why not. */
  static String unreadiness(Persistence persistence) {
    Report report = persistence.operations().health().latest();
    return report.components().stream()
        .filter(component -> component.status() == Status.UNHEALTHY)
        .map(component -> component.name() + ": " + component.reason())
        .collect(Collectors.joining("\n"));
  }

  @Test
  void answersProbesFromTheLastCheck() {
    try (Persistence persistence =
        Persistence.open(PersistenceConfig.inMemory().build(), new InMemoryStores())) {
      Report report = persistence.operations().health().check();
      assertThat(report.status()).isEqualTo(Status.HEALTHY);
      assertThat(report.component("postgresql").flatMap(Component::latency)).isPresent();
      assertThat(isAlive(persistence)).isTrue();
      assertThat(unreadiness(persistence)).isEmpty();
    }
  }

  @Test
  void switchesJobsOffAndRunsOneNow() {
    MonitoringConfig monitoring =
        MonitoringConfig.builder()
            .checkInterval(Duration.ofSeconds(10))
            .auditRetention(Duration.ofDays(365))
            .switchOff("archive_tasks")
            .build();
    PersistenceConfig config = PersistenceConfig.inMemory().monitoring(monitoring).build();
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Upkeep upkeep = persistence.operations().upkeep();
      for (Job job : upkeep.jobs()) {
        System.out.println(job.name() + " " + job.every() + " " + job.enabled());
      }
      Upkeep.Run run = upkeep.run("expire_sessions");

      assertThat(run.outcome()).isEqualTo(Upkeep.Outcome.DONE);
      assertThat(upkeep.runs("expire_sessions", 10)).contains(run);
    }
  }
}
