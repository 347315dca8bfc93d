package io.mistersmith.persistence.event;

import io.mistersmith.persistence.operations.Alerts;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.operations.Upkeep;

/** An event about the health, the upkeep and the alerts of this runtime. */
public sealed interface MonitoringEvent extends PersistenceEvent {

  /**
   * The health was checked.
   *
   * @param report what was found
   * @param before the status that the check before found
   */
  record HealthChecked(Health.Report report, Health.Status before) implements MonitoringEvent {}

  /**
   * A job of the upkeep ran in this runtime.
   *
   * @param run what came of it
   */
  record JobRan(Upkeep.Run run) implements MonitoringEvent {}

  /**
   * An alert began, worsened, improved or ended, as this runtime found.
   *
   * @param change the alert, and what happened to it
   */
  record AlertChanged(Alerts.AlertChange change) implements MonitoringEvent {}
}
