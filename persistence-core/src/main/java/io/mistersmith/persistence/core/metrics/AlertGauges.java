package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.operations.Alerts;
import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.Measurement;
import io.mistersmith.persistence.operations.Alerts.XminHolder;
import java.util.List;
import java.util.Locale;

/** Gauges of the open alerts, of what was measured for them, and of what holds vacuum back. */
final class AlertGauges implements Gauges {

  /** A label names each; more would say no more. */
  private static final int MOST_HOLDERS = 5;

  private final RowGauges<Alert> open;
  private final RowGauges<Measurement> measured;
  private final RowGauges<XminHolder> holders;

  AlertGauges(MeterRegistry registry, Alerts alerts) {
    this.open =
        new RowGauges<>(
            registry,
            "persistence.alerts",
            "1 for each open alert of the installation and of this runtime",
            "the alerts",
            alerts::open,
            alert -> Row.of(Tags.of("metric", alert.metric(), "level", alert.level().name()), 1));
    this.measured =
        new RowGauges<>(
            registry,
            "persistence.alert.value",
            "the last value of a metric that this runtime measures for its alert",
            "what alerts are about",
            alerts::measured,
            value -> Row.of(Tags.of("metric", value.metric()), value.value()));
    this.holders =
        new RowGauges<>(
            registry,
            "persistence.xmin.age",
            "transactions since what holds vacuum back began, of the oldest five",
            "what holds vacuum back",
            () -> alerts.xminHolders().stream().limit(MOST_HOLDERS).toList(),
            holder ->
                Row.of(
                    Tags.of(
                        "kind",
                        holder.kind().name().toLowerCase(Locale.ROOT),
                        "holder",
                        holder.holder()),
                    holder.age()));
  }

  /** Returns what asks for the figures. While they are not known there is no gauge. */
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
