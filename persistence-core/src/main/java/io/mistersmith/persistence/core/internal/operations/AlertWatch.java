package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.event.MonitoringEvent.AlertChanged;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.operations.Alerts;
import io.mistersmith.persistence.spi.sql.AlertStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The alerts as one runtime sees them: its own, and those of the installation. Thread-safe. */
public final class AlertWatch implements Alerts {

  /** As often as the job checks, unless the health is checked more often. */
  private static final Duration SELDOMEST = Duration.ofSeconds(10);

  private static final Duration RELOAD = Duration.ofMinutes(1);

  private final AlertStore store;
  private final PersistenceListener listener;
  private final Clock clock;
  private final KnownThresholds thresholds;
  private final RuntimeAlerts own;
  private final MeasuredValues values;
  private final Map<String, SinkDelivery> deliveries;
  private final AlertCheck check;
  private final PeriodicService service;
  private Instant loaded = Instant.MIN;
  private volatile boolean installed;

  /**
   * Watches over the thresholds in a store.
   *
   * @param runtime the name of this runtime
   * @param figures the metrics that this runtime measures, by name
   * @param config how often the health is checked, and the receivers
   */
  public AlertWatch(
      AlertStore store,
      String runtime,
      Map<String, Figure> figures,
      MonitoringConfig config,
      PersistenceListener listener,
      Services services,
      Clock clock) {
    this.store = store;
    this.listener = listener;
    this.clock = clock;
    this.thresholds = new KnownThresholds(store);
    this.own = new RuntimeAlerts(runtime, figures, thresholds, clock);
    this.values = new MeasuredValues(thresholds, clock);
    this.deliveries = SinkDelivery.of(config.sinks(), store, services);
    this.check =
        new AlertCheck(
            store, deliveries.keySet(), List.copyOf(deliveries.values()), values, listener);
    this.service =
        services.every(
            shorter(config.checkInterval(), SELDOMEST),
            "persistence-alerts",
            "this runtime does not notice that its figures are beyond their thresholds",
            this::turn);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** Returns the job that checks for all runtimes. */
  public UpkeepJob job() {
    return check;
  }

  /** Begins to check this runtime's own figures. */
  public void start() {
    deliveries.values().forEach(SinkDelivery::start);
    service.start();
  }

  /** Checks what is due, and sends the changes. For one thread. */
  void turn() {
    Instant now = clock.instant();
    if (loaded.isBefore(now.minus(RELOAD)) && thresholds.reload()) {
      loaded = now;
    }
    RuntimeAlerts.Checked checked = own.check();
    values.note(checked.values());
    checked.changes().forEach(told -> listener.on(new AlertChanged(told.change())));
    deliveries.forEach(
        (channel, delivery) ->
            delivery.tell(
                checked.changes().stream()
                    .filter(told -> told.channels().isEmpty() || told.channels().contains(channel))
                    .map(RuntimeAlerts.Told::change)
                    .toList()));
  }

  @Override
  public List<Alert> open() {
    List<Alert> shared = isInstalled() ? store.open() : List.of();
    return Stream.concat(own.open().stream(), shared.stream())
        .sorted(Comparator.comparing(Alert::level).reversed().thenComparing(Alert::metric))
        .toList();
  }

  @Override
  public List<Measurement> measured() {
    return values.all();
  }

  @Override
  public List<XminHolder> xminHolders() {
    return isInstalled() ? store.xminHolders() : List.of();
  }

  private boolean isInstalled() {
    if (!installed) {
      installed = store.isInstalled();
    }
    return installed;
  }
}
