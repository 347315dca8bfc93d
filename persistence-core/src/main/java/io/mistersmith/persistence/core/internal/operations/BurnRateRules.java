package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.spi.sql.AlertStore.ServiceLevel;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes the four rules of a service level over 30 days that Google's SRE workbook recommends: they
 * fire when the share that may fail is used up too fast, over a long window and still over a short
 * one.
 */
final class BurnRateRules {

  /**
   * A pair of windows.
   *
   * @param rate how many times as fast as allowed
   * @param used how much of the month's share is used up when it fires, in percent
   */
  private record Windows(String rate, String longer, String shorter, int used, String severity) {}

  private static final List<Windows> WINDOWS =
      List.of(
          new Windows("14.4", "1h", "5m", 2, "critical"),
          new Windows("6", "6h", "30m", 5, "critical"),
          new Windows("3", "1d", "2h", 10, "warning"),
          new Windows("1", "3d", "6h", 10, "warning"));

  private static final List<String> RECORDED = List.of("5m", "30m", "1h", "2h", "6h", "1d", "3d");

  private BurnRateRules() {}

  /** Returns the expressions that are recorded, by name. */
  static Map<String, String> recorded(List<ServiceLevel> levels) {
    Map<String, String> recorded = new TreeMap<>();
    for (ServiceLevel level : levels) {
      for (String window : RECORDED) {
        recorded.put(ratio(level, window), level.failureRatio().replace("$window", window));
      }
    }
    return recorded;
  }

  static List<AlertRule> of(List<ServiceLevel> levels) {
    return levels.stream()
        .flatMap(level -> WINDOWS.stream().map(windows -> rule(level, windows)))
        .toList();
  }

  private static AlertRule rule(ServiceLevel level, Windows windows) {
    String limit =
        BigDecimal.ONE
            .subtract(BigDecimal.valueOf(level.objective()))
            .multiply(new BigDecimal(windows.rate()))
            .stripTrailingZeros()
            .toPlainString();
    return new AlertRule(
        ThresholdRules.name(level.name()) + "Burn",
        "%s > %s and %s > %s"
            .formatted(
                ratio(level, windows.longer()), limit, ratio(level, windows.shorter()), limit),
        Duration.ZERO,
        Map.of("severity", windows.severity(), "window", windows.longer()),
        Map.of(
            "summary",
            RuleYaml.literal(level.meaning()),
            "description",
            RuleYaml.literal(
                "Failures are %s times as frequent as that allows, over %s and over %s: %d %% of"
                        .formatted(
                            windows.rate(), windows.longer(), windows.shorter(), windows.used())
                    + " what may fail in 30 days is used up."),
            "advice",
            RuleYaml.literal(level.advice())));
  }

  private static String ratio(ServiceLevel level, String window) {
    return "persistence:%s:failure_ratio_%s".formatted(level.name(), window);
  }
}
