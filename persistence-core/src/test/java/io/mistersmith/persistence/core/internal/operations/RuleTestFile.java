package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.spi.sql.AlertStore.ServiceLevel;
import io.mistersmith.persistence.spi.sql.AlertThreshold;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.TreeMap;

/** Writes unit tests of rules for promtool: each alert fires, and resolves. */
final class RuleTestFile {

  /**
   * The series that a metric's expression reads.
   *
   * @param selector the series
   * @param scale what the expression multiplies it by
   * @param labels those that the expression leaves
   */
  private record Series(String selector, double scale, Map<String, String> labels) {}

  private static final Map<String, String> JOURNAL = Map.of("journal", "AGENT_STATE");
  private static final Map<String, String> POOL = Map.of("pool", "primary");

  private static final Map<String, Series> SERIES =
      Map.of(
          "consistency_lag_p95_ms",
          new Series(
              "persistence_consistency_lag_seconds{journal=\"AGENT_STATE\",quantile=\"0.95\"}",
              1000,
              JOURNAL),
          "backlog_age_seconds",
          new Series("persistence_backlog_age_seconds{journal=\"AGENT_STATE\"}", 1, JOURNAL),
          "backlog_bytes",
          new Series("persistence_backlog_bytes{journal=\"AGENT_STATE\"}", 1, JOURNAL),
          "breakers_open",
          new Series(
              "persistence_breaker_open{store=\"nats\",role=\"AGENT_STATE\"}",
              1,
              Map.of("store", "nats")),
          "pool_usage_percent",
          new Series("persistence_pool_utilization{pool=\"primary\"}", 100, POOL),
          "pool_acquisition_p95_ms",
          new Series("persistence_pool_acquire_p95_seconds{pool=\"primary\"}", 1000, POOL),
          "health_status",
          new Series(
              "persistence_health{component=\"postgresql\"}", 1, Map.of("component", "postgresql")),
          "xmin_age_transactions",
          new Series("persistence_xmin_age{kind=\"slot\",holder=\"lost\"}", 1, Map.of()));

  /**
   * The events of a service level.
   *
   * @param some counts those that failed, or those that did not
   * @param all counts all of them, or about all
   */
  private record Events(String some, boolean failed, String all) {}

  private static final Map<String, Events> EVENTS =
      Map.of(
          "consistency_lag",
          new Events(
              "persistence_flush_lag_seconds_bucket{le=\"0.2\"}",
              false,
              "persistence_flush_lag_seconds_count"),
          "store_errors",
          new Events(
              "persistence_store_calls_seconds_count{outcome=\"TIMEOUT\"}",
              true,
              "persistence_store_calls_seconds_count{outcome=\"OK\"}"));

  private static final long EVENTS_A_MINUTE = 10_000;

  private static final List<String> RATES = List.of("14.4", "6", "3", "1");

  private final PrometheusRules rules;
  private final StringBuilder yaml = new StringBuilder();

  RuleTestFile(PrometheusRules rules) {
    this.rules = rules;
  }

  /**
   * Returns tests of the rules of thresholds: each value is good for 5 minutes, at its warning for
   * 20, good, at its critical threshold for 20, and good again.
   */
  String ofThresholds(String rulesFile) {
    head(rulesFile, "1m");
    inputs("1m");
    List<AlertThreshold> tested =
        rules.thresholds().stream()
            .filter(threshold -> threshold.text().expression().isPresent())
            .toList();
    for (AlertThreshold threshold : tested) {
      String good = threshold.lowerIsWorse() ? "100" : "0";
      input(
          series(threshold).selector(),
          "%s %s %s %s %s"
              .formatted(
                  times(good, 5),
                  times(bad(threshold, threshold.warning(), good), 20),
                  times(good, 20),
                  times(bad(threshold, threshold.critical(), good), 20),
                  times(good, 20)));
    }
    input("persistence_alerts{metric=\"m\",level=\"UNKNOWN\"}", "_x4 1x19 _x60");
    yaml.append("    alert_rule_test:\n");
    for (AlertThreshold threshold : tested) {
      String name = ThresholdRules.name(threshold.metric());
      expect("4m", name, List.of(), Map.of(), "");
      expect("24m", threshold, threshold.warning());
      expect("40m", name, List.of(), Map.of(), "");
      expect("64m", threshold, threshold.critical());
      expect("80m", name, List.of(), Map.of(), "");
    }
    fixed("PersistenceUnknown", Map.of("metric", "m"));
    inputs("1m");
    input("persistence_health{component=\"x\"}", "0x4 _x20 0x60");
    yaml.append("    alert_rule_test:\n");
    fixed("PersistenceAbsent", Map.of());
    return yaml.toString();
  }

  /**
   * Returns tests of the rules of service levels: for an hour so many fail that the rules fire from
   * each rate down, and then none for 7 hours.
   */
  String ofBurnRates(String rulesFile) {
    head(rulesFile, "5m");
    for (int i = 0; i < RATES.size(); i++) {
      inputs("1m");
      for (ServiceLevel level : rules.levels()) {
        long failed =
            BigDecimal.ONE
                .subtract(BigDecimal.valueOf(level.objective()))
                .multiply(new BigDecimal(RATES.get(i)))
                .multiply(BigDecimal.valueOf(EVENTS_A_MINUTE * 115 / 100))
                .longValue();
        Events events = Objects.requireNonNull(EVENTS.get(level.name()), level.name());
        long burning = events.failed() ? failed : EVENTS_A_MINUTE - failed;
        long after = events.failed() ? 0 : EVENTS_A_MINUTE;
        input(events.some(), "0+%dx60 %d+%dx419".formatted(burning, 60 * burning + after, after));
        input(events.all(), "0+%dx480".formatted(EVENTS_A_MINUTE));
      }
      yaml.append("    alert_rule_test:\n");
      for (ServiceLevel level : rules.levels()) {
        String name = ThresholdRules.name(level.name()) + "Burn";
        List<AlertRule> burning = named(name);
        expect("1h", name, burning.subList(i, burning.size()), Map.of(), "");
        expect("8h", name, List.of(), Map.of(), "");
      }
    }
    return yaml.toString();
  }

  private void head(String rulesFile, String interval) {
    yaml.append("rule_files: ['").append(rulesFile).append("']\n");
    yaml.append("evaluation_interval: ").append(interval).append("\ntests:\n");
  }

  private void inputs(String interval) {
    yaml.append("  - interval: ").append(interval).append("\n    input_series:\n");
  }

  private void input(String selector, String values) {
    yaml.append("      - series: '").append(selector).append("'\n");
    yaml.append("        values: '").append(values).append("'\n");
  }

  private static Series series(AlertThreshold threshold) {
    return SERIES.getOrDefault(
        threshold.metric(),
        new Series(
            "persistence_alert_value{metric=\"%s\"}".formatted(threshold.metric()),
            1,
            Map.of("metric", threshold.metric())));
  }

  private static String bad(AlertThreshold threshold, OptionalDouble limit, String good) {
    return limit.isEmpty() ? good : Numbers.exact(limit.getAsDouble() / series(threshold).scale());
  }

  private void expect(String at, AlertThreshold threshold, OptionalDouble limit) {
    String name = ThresholdRules.name(threshold.metric());
    List<AlertRule> firing =
        limit.isEmpty()
            ? List.of()
            : named(name).stream()
                .filter(rule -> isBeyond(threshold, rule, limit.getAsDouble()))
                .toList();
    expect(at, name, firing, series(threshold).labels(), humanized(limit.orElse(0)));
  }

  private static boolean isBeyond(AlertThreshold threshold, AlertRule rule, double value) {
    double limit =
        ("warning".equals(rule.labels().get("severity"))
                ? threshold.warning()
                : threshold.critical())
            .orElseThrow();
    return threshold.lowerIsWorse() ? value <= limit : value >= limit;
  }

  private void fixed(String name, Map<String, String> labels) {
    expect("4m", name, List.of(), Map.of(), "");
    expect("20m", name, named(name), labels, "");
    expect("50m", name, List.of(), Map.of(), "");
  }

  private List<AlertRule> named(String name) {
    return rules.alerts().stream().filter(rule -> rule.name().equals(name)).toList();
  }

  private void expect(
      String at, String name, List<AlertRule> firing, Map<String, String> labels, String value) {
    yaml.append("      - eval_time: ").append(at).append("\n        alertname: ").append(name);
    if (firing.isEmpty()) {
      yaml.append("\n        exp_alerts: []\n");
      return;
    }
    yaml.append("\n        exp_alerts:\n");
    for (AlertRule rule : firing) {
      Map<String, String> all = new TreeMap<>(labels);
      all.putAll(rule.labels());
      List<String> texts = new ArrayList<>();
      rule.annotations()
          .forEach(
              (key, text) ->
                  texts.add(
                      key
                          + ": "
                          + RuleYaml.quoted(text.replace("{{ $value | humanize }}", value))));
      yaml.append("          - exp_labels:\n");
      all.forEach(
          (key, text) ->
              yaml.append("              %s: %s\n".formatted(key, RuleYaml.quoted(text))));
      yaml.append("            exp_annotations:\n");
      texts.forEach(text -> yaml.append("              ").append(text).append('\n'));
    }
  }

  /** Returns so many samples of a value. */
  private static String times(String value, int samples) {
    return value + "x" + (samples - 1);
  }

  /** Returns a number as Prometheus' templates write it for people. */
  private static String humanized(double value) {
    double shown = value;
    String prefix = "";
    for (String next : List.of("k", "M", "G")) {
      if (Math.abs(shown) < 1000) {
        break;
      }
      shown /= 1000;
      prefix = next;
    }
    return Numbers.exact(new BigDecimal(shown, new MathContext(4)).doubleValue()) + prefix;
  }
}
