package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.spi.sql.AlertStore.ServiceLevel;
import io.mistersmith.persistence.spi.sql.AlertThreshold;
import java.util.List;
import java.util.stream.Stream;

/**
 * The rules of Prometheus that follow from rows of {@code monitoring.alert_thresholds} and {@code
 * monitoring.service_levels}. Equal rows give equal text.
 *
 * @param thresholds the thresholds
 * @param levels the service levels
 */
public record PrometheusRules(List<AlertThreshold> thresholds, List<ServiceLevel> levels) {

  private static final String HEAD =
      """
      Generated from the rows of monitoring.alert_thresholds and monitoring.service_levels that the
      migrations insert. Do not edit: change the rows, and generate the file again.
      """;

  /** Copies the rows. */
  public PrometheusRules {
    thresholds = List.copyOf(thresholds);
    levels = List.copyOf(levels);
  }

  /** Returns all alerting rules. */
  public List<AlertRule> alerts() {
    return Stream.concat(ThresholdRules.of(thresholds).stream(), BurnRateRules.of(levels).stream())
        .toList();
  }

  /** Returns the file that Prometheus loads. */
  public String yaml() {
    return new RuleYaml()
        .comment(HEAD)
        .groups()
        .group("persistence-thresholds")
        .alerts(ThresholdRules.of(thresholds))
        .group("persistence-service-levels")
        .recorded(BurnRateRules.recorded(levels))
        .alerts(BurnRateRules.of(levels))
        .toString();
  }
}
