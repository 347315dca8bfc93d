package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.operations.Alerts;
import io.mistersmith.persistence.operations.Alerts.Alert;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A gauge for each open alert, which is there while the alert is open. */
final class AlertGauges implements Gauges {

  private final LatestAnswer<List<Alert>> latest;
  private final MultiGauge gauges;

  AlertGauges(MeterRegistry registry, Alerts alerts) {
    this.latest = new LatestAnswer<>("the alerts", alerts::open);
    this.gauges =
        MultiGauge.builder("persistence.alerts")
            .description("1 for each open alert, as PostgreSQL knows them")
            .register(registry);
  }

  /** Returns what asks for the alerts. While they are not known there is no gauge. */
  Runnable question() {
    return () -> {
      try {
        latest.run();
      } finally {
        show(latest.get());
      }
    };
  }

  private void show(@Nullable List<Alert> open) {
    gauges.register(
        open == null
            ? List.of()
            : open.stream()
                .<Row<?>>map(
                    alert ->
                        Row.of(Tags.of("metric", alert.metric(), "level", alert.level().name()), 1))
                .toList(),
        true);
  }

  @Override
  public void close() {
    show(null);
  }
}
