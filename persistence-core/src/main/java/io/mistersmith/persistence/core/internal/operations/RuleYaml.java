package io.mistersmith.persistence.core.internal.operations;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Writes rules as a file that Prometheus loads. */
final class RuleYaml {

  private final StringBuilder yaml = new StringBuilder();

  RuleYaml comment(String text) {
    text.lines().forEach(line -> yaml.append("# ").append(line).append('\n'));
    return this;
  }

  RuleYaml groups() {
    yaml.append("groups:\n");
    return this;
  }

  RuleYaml group(String name) {
    yaml.append("  - name: ").append(name).append("\n    rules:\n");
    return this;
  }

  RuleYaml recorded(Map<String, String> expressions) {
    expressions.forEach(
        (name, expression) ->
            yaml.append("      - record: ")
                .append(name)
                .append("\n        expr: ")
                .append(quoted(expression))
                .append('\n'));
    return this;
  }

  RuleYaml alerts(List<AlertRule> rules) {
    rules.forEach(this::alert);
    return this;
  }

  private void alert(AlertRule rule) {
    yaml.append("      - alert: ").append(rule.name()).append('\n');
    yaml.append("        expr: ").append(quoted(rule.expression())).append('\n');
    if (!rule.pendingFor().isZero()) {
      yaml.append("        for: ").append(time(rule.pendingFor())).append('\n');
    }
    map("labels", rule.labels());
    map("annotations", rule.annotations());
  }

  private void map(String name, Map<String, String> values) {
    yaml.append("        ").append(name).append(":\n");
    values.forEach(
        (key, value) ->
            yaml.append("          ").append(key).append(": ").append(quoted(value)).append('\n'));
  }

  /** Returns a time as Prometheus writes it. */
  static String time(Duration time) {
    return time.toMillis() % 1_000 == 0 ? time.toSeconds() + "s" : time.toMillis() + "ms";
  }

  /** Returns a YAML string of one line. */
  static String quoted(String text) {
    return "'" + text.replaceAll("\\s+", " ").replace("'", "''") + "'";
  }

  /** Returns a text of which Prometheus' templates take nothing for their own. */
  static String literal(String text) {
    return text.replace("{{", "{{ \"{{\" }}");
  }

  @Override
  public String toString() {
    return yaml.toString();
  }
}
