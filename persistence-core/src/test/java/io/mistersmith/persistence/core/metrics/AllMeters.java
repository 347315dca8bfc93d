package io.mistersmith.persistence.core.metrics;

import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;

/** Metrics that have met each kind of event, and that are bound to figures of everything. */
final class AllMeters implements AutoCloseable {

  private final MeterRegistry registry;
  private final PersistenceMetrics metrics;

  AllMeters(MeterRegistry registry) {
    this.registry = registry;
    this.metrics = PersistenceMetrics.builder(registry).worstAgents().build();
    metrics.bind(
        new SampleOperations().operations(),
        SampleOperations.changes(),
        SampleOperations.guard(),
        Duration.ofMillis(20));
    SampleEvents.all().forEach(metrics::on);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> names().containsAll(List.of("persistence.alerts", "persistence.agent.lag")));
  }

  /** Returns a meter of each name, in the order of the names. */
  List<Meter.Id> meters() {
    return registry.getMeters().stream()
        .map(Meter::getId)
        .filter(id -> id.getName().startsWith("persistence."))
        .sorted(new MeterOrder())
        .toList();
  }

  List<String> names() {
    return meters().stream().map(Meter.Id::getName).distinct().toList();
  }

  @Override
  public void close() {
    metrics.close();
  }
}
