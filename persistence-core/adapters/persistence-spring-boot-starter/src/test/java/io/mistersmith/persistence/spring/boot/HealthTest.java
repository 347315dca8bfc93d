package io.mistersmith.persistence.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class HealthTest {

  private final InMemoryStores stores = new InMemoryStores();
  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(BootLine.own())
          .withBean(InMemoryStores.class, () -> stores);

  @Test
  void isUpAndThenDown() {
    runner.run(
        context -> {
          Health health = context.getBean(Persistence.class).operations().health();
          var unused = health.check();
          BootLine.Shown shown = BootLine.health(context);
          assertThat(shown.status()).isEqualTo("UP");
          assertThat(shown.details()).containsKeys("status", "checkedAt", "components");

          stores.sqlOutage(true);
          unused = health.check();
          shown = BootLine.health(context);
          assertThat(shown.status()).isEqualTo("DOWN");
          assertThat(String.valueOf(shown.details().get("components"))).contains("UNHEALTHY");
          stores.sqlOutage(false);
        });
  }

  @Test
  void aDegradedRuntimeIsUp() {
    ReportedHealth reported =
        ReportedHealth.of(
            new Health.Report(
                Instant.EPOCH,
                List.of(
                    new Component(
                        "postgresql", Status.HEALTHY, Optional.of(Duration.ofMillis(2)), "ok"),
                    new Component(
                        "flush", Status.DEGRADED, Optional.empty(), "late; look at it"))));
    assertThat(reported.isUp()).isTrue();
    assertThat(reported.details()).containsEntry("status", Status.DEGRADED);
    assertThat(reported.details().get("components"))
        .isEqualTo(
            Map.of(
                "flush",
                Map.of("status", Status.DEGRADED, "reason", "late; look at it"),
                "postgresql",
                Map.of("status", Status.HEALTHY, "reason", "ok", "latency", Duration.ofMillis(2))));
  }

  @Test
  void isOffByTheActuatorsProperties() {
    runner
        .withPropertyValues("management.health.persistence.enabled=false")
        .run(context -> assertThat(BootLine.hasHealthIndicator(context)).isFalse());
    runner
        .withPropertyValues("management.health.defaults.enabled=false")
        .run(context -> assertThat(BootLine.hasHealthIndicator(context)).isFalse());
  }
}
