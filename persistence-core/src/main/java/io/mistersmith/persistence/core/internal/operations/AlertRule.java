package io.mistersmith.persistence.core.internal.operations;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * An alerting rule of Prometheus.
 *
 * @param name the alert's name
 * @param expression in PromQL; the alert is there for each series that it returns
 * @param pendingFor how long that lasts before the alert fires
 * @param labels added to those of the series
 * @param annotations texts for people
 */
public record AlertRule(
    String name,
    String expression,
    Duration pendingFor,
    Map<String, String> labels,
    Map<String, String> annotations) {

  /** Sorts the maps. */
  public AlertRule {
    labels = new TreeMap<>(labels);
    annotations = new TreeMap<>(annotations);
  }
}
