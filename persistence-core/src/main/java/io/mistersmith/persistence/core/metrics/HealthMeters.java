package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.event.MonitoringEvent.HealthChecked;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Report;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Gauges of each component's status and latency as of the last report, and counts of the checks. A
 * component has its gauges from the first report on that names it. Thread-safe.
 */
final class HealthMeters implements Gauges {

  private static final Report NONE = new Report(Instant.EPOCH, List.of());

  private final MeterRegistry registry;
  private final KeyedGauges<String> gauges = new KeyedGauges<>(this::gauge);
  private volatile Supplier<Report> last = () -> NONE;
  private volatile boolean bound;

  HealthMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Shows what the health says from now on; it knows when its checks have stopped. */
  void bind(Health health) {
    bound = true;
    last = health::latest;
    show(health.latest());
  }

  void checked(HealthChecked checked) {
    Report report = checked.report();
    if (!bound) {
      last = () -> report;
    }
    show(report);
    for (Component component : report.components()) {
      Counter.builder("persistence.health.checks")
          .description("checks of each component, by what they found")
          .tag("component", component.name())
          .tag("status", component.status().name())
          .register(registry)
          .increment();
    }
  }

  private void show(Report report) {
    gauges.showToo(report.components().stream().map(Component::name).collect(Collectors.toSet()));
  }

  private Gauges gauge(String name) {
    GaugeSet<Component> set =
        new GaugeSet<>(registry, () -> last.get().component(name).orElse(null));
    Tags tags = Tags.of("component", name);
    set.value(
        "persistence.health",
        tags,
        "0 while the component is healthy, 1 while it is degraded, 2 while it does not work",
        component -> component.status().level());
    set.optionalTime(
        "persistence.health.latency",
        tags,
        "how long the component's server took to answer the last check",
        Component::latency);
    return set;
  }

  @Override
  public void close() {
    gauges.close();
    bound = false;
    last = () -> NONE;
  }
}
