package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.operations.Alerts;
import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.Measurement;
import io.mistersmith.persistence.operations.Alerts.XminHolder;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Gauges of the open alerts, of what was measured for them, and of what holds vacuum back. */
final class AlertGauges implements Gauges {

  /** A label names each; more would say no more. */
  private static final int MOST_HOLDERS = 5;

  private final RowGauges open;
  private final RowGauges measured;
  private final RowGauges holders;

  AlertGauges(MeterRegistry registry, Alerts alerts) {
    this.open =
        new RowGauges(
            registry,
            "persistence.alerts",
            "1 for each open alert of the installation and of this runtime",
            "the alerts",
            () -> open(alerts));
    this.measured =
        new RowGauges(
            registry,
            "persistence.alert.value",
            "the last value of a metric that this runtime measures for its alert",
            "what alerts are about",
            () -> measured(alerts));
    this.holders =
        new RowGauges(
            registry,
            "persistence.xmin.age",
            "how many transactions ago what holds vacuum back began, of the oldest five",
            "what holds vacuum back",
            () -> holders(alerts));
  }

  private static Map<Tags, Double> open(Alerts alerts) {
    return alerts.open().stream()
        .collect(Collectors.toMap(AlertGauges::tags, alert -> 1.0, Math::max));
  }

  private static Tags tags(Alert alert) {
    return Tags.of("metric", alert.metric(), "level", alert.level().name());
  }

  private static Map<Tags, Double> measured(Alerts alerts) {
    return alerts.measured().stream()
        .collect(
            Collectors.toMap(
                value -> Tags.of("metric", value.metric()), Measurement::value, Math::max));
  }

  private static Map<Tags, Double> holders(Alerts alerts) {
    return alerts.xminHolders().stream()
        .limit(MOST_HOLDERS)
        .collect(Collectors.toMap(AlertGauges::tags, holder -> (double) holder.age(), Math::max));
  }

  private static Tags tags(XminHolder holder) {
    return Tags.of(
        "kind", holder.kind().name().toLowerCase(Locale.ROOT), "holder", holder.holder());
  }

  /** Returns what asks for the figures. */
  List<Runnable> questions() {
    return List.of(open::ask, measured::ask, holders::ask);
  }

  @Override
  public void close() {
    open.close();
    measured.close();
    holders.close();
  }
}
