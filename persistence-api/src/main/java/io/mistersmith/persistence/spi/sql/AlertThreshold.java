package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import io.mistersmith.persistence.operations.Alerts.Change;
import io.mistersmith.persistence.operations.Alerts.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * From which value on a metric is an alert, and what that means.
 *
 * @param metric the metric's name
 * @param warning the value that is a warning
 * @param critical the value that is critical
 * @param lowerIsWorse whether the alert comes when the value falls to the threshold
 * @param checkInterval how often it is checked
 * @param enabled whether it is checked
 * @param channels the names of the receivers; all where it is empty
 * @param scope who measures it
 * @param unit the unit of the thresholds, in words
 * @param alertWhenUnknown whether it is an alert that the value cannot be had
 * @param text what it is about
 */
public record AlertThreshold(
    String metric,
    OptionalDouble warning,
    OptionalDouble critical,
    boolean lowerIsWorse,
    Duration checkInterval,
    boolean enabled,
    List<String> channels,
    Scope scope,
    String unit,
    boolean alertWhenUnknown,
    Text text) {

  /** Copies the channels. */
  public AlertThreshold {
    channels = List.copyOf(channels);
  }

  /** Who measures a metric. */
  public enum Scope {
    /** One runtime for all, by SQL. */
    INSTALLATION,
    /** Each runtime for itself. */
    RUNTIME
  }

  /**
   * What a threshold says to people and to Prometheus.
   *
   * @param meaning what the metric is, in a sentence
   * @param advice what to do, in sentences
   * @param expression the metric in PromQL, in the unit of the thresholds; empty for no rule
   * @param pendingFor how long Prometheus waits before it fires
   */
  public record Text(
      String meaning, String advice, Optional<String> expression, Duration pendingFor) {}

  /** Returns how bad a value is; empty when it is within the thresholds. */
  public Optional<Level> judge(OptionalDouble value) {
    if (value.isEmpty()) {
      return Optional.of(Level.UNKNOWN);
    }
    if (isBeyond(value.getAsDouble(), critical)) {
      return Optional.of(Level.CRITICAL);
    }
    return isBeyond(value.getAsDouble(), warning) ? Optional.of(Level.WARNING) : Optional.empty();
  }

  private boolean isBeyond(double value, OptionalDouble threshold) {
    return threshold.isPresent()
        && (lowerIsWorse ? value <= threshold.getAsDouble() : value >= threshold.getAsDouble());
  }

  /**
   * Returns what a value does to the alert. One whose value cannot be had keeps its level.
   *
   * @param before the open alert
   * @param value the value; empty when it cannot be had
   * @param message what was found, in a sentence
   * @param at when it was measured
   * @return the alert as it is now, also where nothing happened to it; empty where there is none
   */
  public Optional<Finding> find(
      Optional<Alert> before, OptionalDouble value, String message, Instant at) {
    Optional<Level> was = before.map(Alert::level);
    Optional<Level> judged = judge(value);
    Optional<Level> level =
        judged.equals(Optional.of(Level.UNKNOWN))
            ? was.or(() -> alertWhenUnknown ? judged : Optional.empty())
            : judged;
    if (level.isEmpty() && was.isEmpty()) {
      return Optional.empty();
    }
    Alert now =
        new Alert(
            metric,
            level.or(() -> was).orElseThrow(),
            value,
            judged
                .flatMap(this::of)
                .or(() -> before.flatMap(Finding::threshold))
                .map(OptionalDouble::of)
                .orElseGet(OptionalDouble::empty),
            message,
            text.advice(),
            before.map(Alert::beganAt).orElse(at),
            at);
    return Optional.of(
        new Finding(now, change(was, level).map(it -> new AlertChange(it, now, was))));
  }

  /** Returns the end of an alert whose threshold was disabled or deleted. */
  public static AlertChange end(Alert alert, Instant at) {
    return new AlertChange(
        Change.ENDED,
        new Alert(
            alert.metric(),
            alert.level(),
            OptionalDouble.empty(),
            alert.threshold(),
            alert.metric() + " is not checked any more",
            alert.advice(),
            alert.beganAt(),
            at),
        Optional.of(alert.level()));
  }

  private Optional<Double> of(Level level) {
    OptionalDouble threshold =
        switch (level) {
          case UNKNOWN -> OptionalDouble.empty();
          case WARNING -> warning;
          case CRITICAL -> critical;
        };
    return threshold.isPresent() ? Optional.of(threshold.getAsDouble()) : Optional.empty();
  }

  private static Optional<Change> change(Optional<Level> before, Optional<Level> now) {
    if (now.equals(before)) {
      return Optional.empty();
    }
    if (before.isEmpty()) {
      return Optional.of(Change.BEGAN);
    }
    return Optional.of(
        now.map(
                level ->
                    level.compareTo(before.orElseThrow()) > 0 ? Change.WORSENED : Change.IMPROVED)
            .orElse(Change.ENDED));
  }

  /**
   * An alert after a check.
   *
   * @param alert the alert as it is now
   * @param change what happened to it
   */
  public record Finding(Alert alert, Optional<AlertChange> change) {

    /** Whether it goes on. */
    public boolean isOpen() {
      return change.map(AlertChange::change).filter(Change.ENDED::equals).isEmpty();
    }

    private static Optional<Double> threshold(Alert alert) {
      return alert.threshold().isPresent()
          ? Optional.of(alert.threshold().getAsDouble())
          : Optional.empty();
    }
  }
}
