package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.spi.sql.AlertThreshold;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes alerting rules of thresholds: one for each warning, and one for each critical value. */
final class ThresholdRules {

  private static final String PREFIX = "Persistence";

  /** About what no threshold says. */
  private static final List<AlertRule> FIXED =
      List.of(
          new AlertRule(
              PREFIX + "Absent",
              "absent(persistence_health)",
              Duration.ofMinutes(5),
              Map.of("severity", "critical"),
              Map.of(
                  "summary",
                  "No runtime reports figures.",
                  "advice",
                  "Look whether a runtime is open, whether its registry is scraped, and whether"
                      + " PersistenceMetrics is bound.")),
          new AlertRule(
              PREFIX + "Unknown",
              "max by (metric) (persistence_alerts{level=\"UNKNOWN\"}) > 0",
              Duration.ofMinutes(5),
              Map.of("severity", "warning"),
              Map.of(
                  "summary",
                  "The value of a metric cannot be had.",
                  "advice",
                  "Call operations().alerts().open(): the message of the metric's alert says what"
                      + " keeps it from being measured.")));

  private ThresholdRules() {}

  static List<AlertRule> of(List<AlertThreshold> thresholds) {
    return Stream.concat(
            thresholds.stream().filter(AlertThreshold::enabled).flatMap(ThresholdRules::of),
            FIXED.stream())
        .toList();
  }

  private static Stream<AlertRule> of(AlertThreshold threshold) {
    return threshold.text().expression().stream()
        .flatMap(
            expression ->
                Stream.concat(
                    rule(threshold, expression, "warning", threshold.warning()),
                    rule(threshold, expression, "critical", threshold.critical())));
  }

  private static Stream<AlertRule> rule(
      AlertThreshold threshold, String expression, String severity, OptionalDouble limit) {
    if (limit.isEmpty()) {
      return Stream.empty();
    }
    String number = Numbers.exact(limit.getAsDouble());
    String unit = threshold.unit().isEmpty() ? "" : " " + threshold.unit();
    return Stream.of(
        new AlertRule(
            name(threshold.metric()),
            "(%s) %s %s".formatted(expression, threshold.lowerIsWorse() ? "<=" : ">=", number),
            threshold.text().pendingFor(),
            Map.of("severity", severity, "threshold", threshold.metric()),
            Map.of(
                "summary",
                RuleYaml.literal(threshold.text().meaning()),
                "description",
                "{{ $value | humanize }}"
                    + RuleYaml.literal(
                        "%s, and the %s threshold is %s%s."
                            .formatted(unit, severity, number, unit)),
                "advice",
                RuleYaml.literal(threshold.text().advice()))));
  }

  /** Returns the name of the alerts of a metric: {@code PersistenceBacklogBytes}. */
  static String name(String metric) {
    return PREFIX
        + Arrays.stream(metric.split("_", -1))
            .filter(word -> !word.isEmpty())
            .map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
            .collect(Collectors.joining());
  }
}
