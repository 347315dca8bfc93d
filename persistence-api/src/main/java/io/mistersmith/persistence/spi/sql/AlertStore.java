package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import io.mistersmith.persistence.operations.Alerts.Measurement;
import io.mistersmith.persistence.operations.Alerts.XminHolder;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * The thresholds of alerts, the state of those of the scope {@code INSTALLATION}, and the changes
 * that receivers have not got yet. Needs the set {@code monitoring} of the migrations; without it,
 * calls but {@link #isInstalled} fail as {@code MISCONFIGURED}. Thread-safe.
 */
public interface AlertStore {

  /**
   * What a check found.
   *
   * @param values the values of the metrics that were due and could be measured
   * @param changes what happened to alerts
   */
  record Checked(List<Measurement> values, List<AlertChange> changes) {

    /** Copies the lists. */
    public Checked {
      values = List.copyOf(values);
      changes = List.copyOf(changes);
    }
  }

  /**
   * What a receiver is to be told.
   *
   * @param id its number; later ones have greater numbers
   * @param change what happened
   */
  record Notice(long id, AlertChange change) {}

  /**
   * A promise of which burn-rate rules are made.
   *
   * @param name its name
   * @param objective the share that is promised, between 0 and 1
   * @param failureRatio the share that failed, in PromQL, with {@code $window} for the time
   * @param meaning the promise, in a sentence
   * @param advice what to do when it is at risk, in sentences
   */
  record ServiceLevel(
      String name, double objective, String failureRatio, String meaning, String advice) {}

  /** Returns whether the set of migrations is applied. */
  @SqlAccess.Read
  boolean isInstalled();

  /** Returns all thresholds, in the order of the metrics' names. */
  @SqlAccess.Read
  List<AlertThreshold> thresholds();

  /** Returns the promises, in the order of their names. */
  @SqlAccess.Read
  List<ServiceLevel> serviceLevels();

  /** Adds a threshold, or changes the one of its metric. */
  void put(AlertThreshold threshold);

  /** Deletes the threshold of a metric; returns whether there was one. */
  boolean remove(String metric);

  /**
   * Measures the metrics of the scope {@code INSTALLATION} that are due, and keeps what was found
   * and a notice of each change for each of its channels. Ends the alerts of thresholds that were
   * disabled or deleted. Does nothing while another session does it.
   *
   * @param channels who receives what names no channels
   */
  Checked check(Set<String> channels);

  /** Returns the open alerts of the scope {@code INSTALLATION}, in the order of their names. */
  @SqlAccess.Read
  List<Alert> open();

  /** Returns what a receiver was not told yet, oldest first. */
  @SqlAccess.Read
  List<Notice> notices(String channel, int most);

  /** Removes a notice, since its receiver was told; returns whether it was there. */
  boolean told(Notice notice);

  /** Removes notices of changes that were found longer ago; returns how many. */
  int forget(Duration age);

  /** Returns what keeps vacuum from removing rows, oldest first. */
  @SqlAccess.Read
  List<XminHolder> xminHolders();
}
