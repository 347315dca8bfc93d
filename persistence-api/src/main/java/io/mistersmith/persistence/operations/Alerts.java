package io.mistersmith.persistence.operations;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What is beyond its threshold. The thresholds are the rows of {@code monitoring.alert_thresholds}:
 * the database's own metrics and this library's. A job of the {@link Upkeep} checks each at its
 * {@code check_interval}, and tells the {@link AlertSink}s that its {@code notification_channels}
 * name. Thread-safe.
 */
public interface Alerts {

  /**
   * Returns the alerts that have begun and not ended, the worst first. Empty where the set {@code
   * monitoring} is not applied.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when PostgreSQL does not answer
   */
  List<Alert> open();

  /** How bad it is. */
  enum Level {
    /** The value cannot be had, so that nobody knows. */
    UNKNOWN,
    /** The value is beyond its warning threshold. */
    WARNING,
    /** The value is beyond its critical threshold. */
    CRITICAL
  }

  /** What happened to an alert. */
  enum Change {
    /** It began. */
    BEGAN,
    /** Its level rose. */
    WORSENED,
    /** Its level fell, and it goes on. */
    IMPROVED,
    /** The value is back within its thresholds. */
    ENDED
  }

  /**
   * A metric beyond its threshold.
   *
   * @param metric the metric's name, as in {@code monitoring.alert_thresholds}
   * @param level how bad it is; of an alert that ended, how bad it was last
   * @param value the value that was measured last; empty when it could not be measured
   * @param threshold the threshold that it is beyond
   * @param message what was found, in a sentence
   * @param advice what to do, in sentences
   * @param beganAt when it began, by the database's clock
   * @param at when it was measured last
   */
  record Alert(
      String metric,
      Level level,
      OptionalDouble value,
      OptionalDouble threshold,
      String message,
      String advice,
      Instant beganAt,
      Instant at) {}

  /**
   * An alert and what happened to it.
   *
   * @param change what happened
   * @param alert the alert as it is now
   * @param before its level before; empty when it began
   */
  record AlertChange(Change change, Alert alert, Optional<Level> before) {}
}
