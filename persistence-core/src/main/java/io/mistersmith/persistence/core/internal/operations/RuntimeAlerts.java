package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.operations.Figure.Reading;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import io.mistersmith.persistence.operations.Alerts.Measurement;
import io.mistersmith.persistence.spi.sql.AlertThreshold;
import io.mistersmith.persistence.spi.sql.AlertThreshold.Finding;
import io.mistersmith.persistence.spi.sql.AlertThreshold.Scope;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The alerts of one runtime. They need no database, and end with the runtime. Checked by one thread
 * at a time, and read by any.
 */
final class RuntimeAlerts {

  private final String runtime;
  private final Map<String, Figure> figures;
  private final KnownThresholds thresholds;
  private final Clock clock;
  private final Map<String, Instant> checked = new HashMap<>();
  private final Map<String, Alert> open = new ConcurrentSkipListMap<>();

  RuntimeAlerts(
      String runtime, Map<String, Figure> figures, KnownThresholds thresholds, Clock clock) {
    this.runtime = runtime;
    this.figures = figures;
    this.thresholds = thresholds;
    this.clock = clock;
  }

  /**
   * What a check found.
   *
   * @param channels the names of the receivers, as the threshold lists them
   */
  record Told(AlertChange change, List<String> channels) {}

  /** What was measured, and what happened to alerts. */
  record Checked(List<Measurement> values, List<Told> changes) {}

  /** Measures what is due. */
  Checked check() {
    List<Measurement> values = new ArrayList<>();
    List<Told> changes = new ArrayList<>();
    Set<String> inForce = new HashSet<>();
    for (AlertThreshold threshold : thresholds.all()) {
      if (threshold.scope() == Scope.RUNTIME && threshold.enabled()) {
        inForce.add(threshold.metric());
        if (isDue(threshold)) {
          check(threshold, values)
              .ifPresent(change -> changes.add(new Told(change, threshold.channels())));
        }
      }
    }
    for (Alert alert : open()) {
      if (!inForce.contains(alert.metric())) {
        open.remove(alert.metric());
        changes.add(new Told(AlertThreshold.end(alert, clock.instant()), List.of()));
      }
    }
    checked.keySet().retainAll(inForce);
    return new Checked(values, changes);
  }

  private boolean isDue(AlertThreshold threshold) {
    Instant now = clock.instant();
    Instant last = checked.get(threshold.metric());
    if (last != null
        && last.plus(threshold.checkInterval().dividedBy(10).multipliedBy(9)).isAfter(now)) {
      return false;
    }
    checked.put(threshold.metric(), now);
    return true;
  }

  private Optional<AlertChange> check(AlertThreshold threshold, List<Measurement> values) {
    String metric = threshold.metric();
    Reading reading = read(metric);
    Instant now = clock.instant();
    reading.value().ifPresent(value -> values.add(new Measurement(metric, value, now)));
    Optional<Finding> finding =
        threshold.find(
            Optional.ofNullable(open.get(metric)), reading.value(), message(metric, reading), now);
    finding
        .filter(Finding::isOpen)
        .map(Finding::alert)
        .ifPresentOrElse(alert -> open.put(metric, alert), () -> open.remove(metric));
    return finding.flatMap(Finding::change);
  }

  private Reading read(String metric) {
    Figure figure = figures.get(metric);
    if (figure == null) {
      return Reading.unknown("this version of the library measures no metric of this name");
    }
    try {
      return figure.read();
    } catch (PersistenceException e) {
      return Reading.unknown(String.valueOf(e.getMessage()));
    }
  }

  private String message(String metric, Reading reading) {
    OptionalDouble value = reading.value();
    return value.isPresent()
        ? "%s of runtime %s is %s: %s"
            .formatted(metric, runtime, Numbers.plain(value.getAsDouble()), reading.detail())
        : "%s of runtime %s is not known: %s".formatted(metric, runtime, reading.detail());
  }

  List<Alert> open() {
    return List.copyOf(open.values());
  }
}
