package io.mistersmith.persistence.operations;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What is beyond its threshold. The thresholds are the rows of {@code monitoring.alert_thresholds}:
 * the database's own metrics and this library's.
 *
 * <p>A job of the {@link Upkeep} checks those of the scope {@code installation}, each at its {@code
 * check_interval}, and one runtime reports them. Those of the scope {@code runtime}, such as the
 * use of its pools, each runtime checks and reports for itself, also while PostgreSQL is away.
 *
 * <p>A change goes to each {@link AlertSink} whose name is in {@code notification_channels}, and to
 * all of them where that is empty. Where the checking runtime has no sink of a name, the change
 * waits for a day for a runtime that has one. Thread-safe.
 */
public interface Alerts {

  /**
   * Returns the alerts that have begun and not ended, the worst first. Empty where the set {@code
   * monitoring} is not applied.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when PostgreSQL does not answer
   */
  List<Alert> open();

  /**
   * Returns the last value of each metric that this runtime has measured lately, in the order of
   * their names. A value is left out once it is three check intervals old, as when another runtime
   * measures. Asks no server.
   */
  List<Measurement> measured();

  /**
   * Returns what keeps vacuum from removing rows, oldest first. Asks PostgreSQL. Empty where the
   * set {@code monitoring} is not applied.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when PostgreSQL does not answer
   */
  List<XminHolder> xminHolders();

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

  /**
   * A value that was measured.
   *
   * @param metric the metric's name
   * @param value the value, in the unit of its thresholds
   * @param at when it was measured
   */
  record Measurement(String metric, double value, Instant at) {}

  /** What can keep vacuum from removing rows. */
  enum XminHolderKind {
    /** A session with an open transaction. */
    SESSION,
    /** A standby that tells the primary of its queries. */
    STANDBY,
    /** A replication slot. */
    SLOT,
    /** A prepared transaction. */
    PREPARED
  }

  /**
   * What keeps vacuum from removing rows that were deleted since it began.
   *
   * @param kind what it is
   * @param holder the process id, the standby's or slot's name, or the transaction's identifier
   * @param age how many transactions began since
   * @param since when it began, where that is known
   * @param detail whose it is
   * @param remedy the statement that ends it, for an operator to run
   */
  record XminHolder(
      XminHolderKind kind,
      String holder,
      long age,
      Optional<Instant> since,
      String detail,
      String remedy) {}
}
