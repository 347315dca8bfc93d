package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.operations.Alerts;
import io.mistersmith.persistence.operations.Alerts.Alert;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A gauge for each open alert, which is there while the alert is open. While the alerts are not
 * known there is none.
 */
final class AlertGauges implements Gauges {

  private final MeterRegistry registry;
  private final LatestAnswer<List<Alert>> latest;
  private final KeyedGauges<Tags> gauges = new KeyedGauges<>(this::gauge);

  AlertGauges(MeterRegistry registry, Alerts alerts) {
    this.registry = registry;
    this.latest = new LatestAnswer<>("the alerts", alerts::open);
  }

  /** Returns what asks for the alerts. */
  Runnable question() {
    return () -> {
      try {
        latest.run();
      } finally {
        show();
      }
    };
  }

  private void show() {
    List<Alert> open = latest.get();
    gauges.show(
        open == null ? Set.of() : open.stream().map(AlertGauges::tags).collect(Collectors.toSet()));
  }

  private static Tags tags(Alert alert) {
    return Tags.of("metric", alert.metric(), "level", alert.level().name());
  }

  private Gauges gauge(Tags alert) {
    GaugeSet<List<Alert>> set = new GaugeSet<>(registry, latest);
    set.value(
        "persistence.alerts", alert, "1 for each open alert, as PostgreSQL knows them", all -> 1);
    return set;
  }

  @Override
  public void close() {
    gauges.close();
  }
}
