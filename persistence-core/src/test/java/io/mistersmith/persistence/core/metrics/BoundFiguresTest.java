package io.mistersmith.persistence.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.MonitoringEvent.HealthChecked;
import io.mistersmith.persistence.operations.Alerts.Level;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Report;
import io.mistersmith.persistence.operations.Health.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Gauges of health and alerts, which come and go. */
class BoundFiguresTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final PersistenceMetrics metrics = new PersistenceMetrics(registry);
  private final SampleOperations sample = new SampleOperations();

  @BeforeEach
  void bind() {
    metrics.bind(
        sample.operations(),
        SampleOperations.changes(),
        SampleOperations.guard(),
        Duration.ofMillis(20));
  }

  @AfterEach
  void close() {
    metrics.close();
  }

  @Test
  void healthIsWhatItWasLast() {
    assertThat(health("postgresql")).isEqualTo(2);
    assertThat(health("jetstream_kv")).isZero();
    assertThat(latency("postgresql")).isNaN();
    assertThat(latency("jetstream_kv")).isEqualTo(0.003);

    sample.report = report("jetstream_kv", Status.DEGRADED);
    assertThat(health("jetstream_kv")).as("without an event").isEqualTo(1);
    assertThat(health("postgresql")).as("no longer in the report").isNaN();

    sample.report = report("backlog", Status.DEGRADED);
    metrics.on(new HealthChecked(sample.report, Status.HEALTHY));
    assertThat(health("backlog")).isEqualTo(1);
    assertThat(
            registry
                .get("persistence.health.checks")
                .tags("component", "backlog", "status", "DEGRADED")
                .counter()
                .count())
        .isEqualTo(1);
  }

  private static Report report(String component, Status status) {
    return new Health.Report(
        Instant.EPOCH, List.of(new Component(component, status, Optional.empty(), "reason")));
  }

  private double health(String component) {
    return registry.get("persistence.health").tag("component", component).gauge().value();
  }

  private double latency(String component) {
    return registry
        .get("persistence.health.latency")
        .tag("component", component)
        .timeGauge()
        .value(TimeUnit.SECONDS);
  }

  @Test
  void anAlertIsThereWhileItIsOpen() {
    await().atMost(SOON).until(() -> isOpen("backlog_age", Level.WARNING));
    sample.open = List.of(SampleOperations.alert("backlog_age", Level.CRITICAL));
    await().atMost(SOON).until(() -> isOpen("backlog_age", Level.CRITICAL));
    assertThat(isOpen("backlog_age", Level.WARNING)).isFalse();
    sample.failure =
        Optional.of(new TransientPersistenceException(DataError.CONNECTION_FAILED, "away"));
    await().atMost(SOON).until(() -> !isOpen("backlog_age", Level.CRITICAL));
    sample.failure = Optional.empty();
    await().atMost(SOON).until(() -> isOpen("backlog_age", Level.CRITICAL));
    sample.open = List.of();
    await().atMost(SOON).until(() -> registry.find("persistence.alerts").gauges().isEmpty());
  }

  private boolean isOpen(String metric, Level level) {
    return registry.find("persistence.alerts").tags("metric", metric, "level", level.name()).gauge()
        != null;
  }

  @Test
  void bindingAgainReplacesAndClosingRemoves() {
    int before = registry.find("persistence.kv.entries").gauges().size();
    bind();
    assertThat(registry.find("persistence.kv.entries").gauges()).hasSize(before);
    metrics.close();
    assertThat(registry.find("persistence.kv.entries").gauges()).isEmpty();
    assertThat(registry.find("persistence.health").gauges()).isEmpty();
    assertThat(registry.find("persistence.notices").gauges()).isEmpty();
    assertThat(registry.find("persistence.flush.rows").counters()).hasSize(1);
  }
}
