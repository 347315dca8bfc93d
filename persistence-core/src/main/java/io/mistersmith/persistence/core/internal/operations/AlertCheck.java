package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.event.MonitoringEvent.AlertChanged;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.spi.sql.AlertStore;
import io.mistersmith.persistence.spi.sql.AlertStore.Checked;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Checks the thresholds of the installation, for all runtimes. */
final class AlertCheck implements UpkeepJob {

  static final String NAME = "check_alerts";

  /** As often as the shortest check interval among the thresholds that the scripts insert. */
  private static final Duration EVERY = Duration.ofSeconds(10);

  /** So long a notice waits for a runtime with its receiver. */
  private static final Duration KEPT = Duration.ofDays(1);

  private final AlertStore store;
  private final Set<String> channels;
  private final List<SinkDelivery> deliveries;
  private final MeasuredValues values;
  private final PersistenceListener listener;

  AlertCheck(
      AlertStore store,
      Set<String> channels,
      List<SinkDelivery> deliveries,
      MeasuredValues values,
      PersistenceListener listener) {
    this.store = store;
    this.channels = channels;
    this.deliveries = deliveries;
    this.values = values;
    this.listener = listener;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String purpose() {
    return "Compares metrics with their thresholds, and tells the receivers of alerts.";
  }

  @Override
  public Duration every() {
    return EVERY;
  }

  @Override
  public String needs() {
    return "the set of migrations monitoring";
  }

  @Override
  public Optional<String> run() {
    if (!store.isInstalled()) {
      return Optional.empty();
    }
    Checked checked = store.check(channels);
    values.note(checked.values());
    checked.changes().forEach(change -> listener.on(new AlertChanged(change)));
    int forgotten = store.forget(KEPT);
    deliveries.forEach(SinkDelivery::tellNotices);
    return Optional.of(
        "%d metrics had a value, %d alerts changed, %d notices were too old"
            .formatted(checked.values().size(), checked.changes().size(), forgotten));
  }
}
