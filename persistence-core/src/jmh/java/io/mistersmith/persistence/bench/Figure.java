package io.mistersmith.persistence.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;

/**
 * One figure: medians over rounds, and the median of the rounds' ratios.
 *
 * @param name its name
 * @param unit of value and raw
 * @param goal what it is to be
 * @param pairs the rounds
 */
record Figure(String name, String unit, Goal goal, List<Pair> pairs) {

  /** The format of a line. */
  private static final Pattern LINE =
      Pattern.compile(
          "bench: [a-z0-9.]+ value=[0-9.]+\\S* raw=[0-9.]+\\S* ratio=[0-9]+\\.[0-9]+ goal=\\S+"
              + " met=(yes|no)");

  /** One round: what both sides reached, one right after the other. */
  record Pair(double raw, double ours) {
    double ratio() {
      return ours / raw;
    }
  }

  Figure {
    pairs = List.copyOf(pairs);
    if (pairs.isEmpty()) {
      throw new IllegalStateException("no rounds of " + name);
    }
  }

  private double median(ToDoubleFunction<Pair> of) {
    return quantile(of, 0.5);
  }

  private double quantile(ToDoubleFunction<Pair> of, double quantile) {
    double[] sorted = pairs.stream().mapToDouble(of).sorted().toArray();
    double at = quantile * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  boolean isMet() {
    return goal.isMet(median(Pair::ours), median(Pair::raw), median(Pair::ratio));
  }

  /** The line that is printed last. */
  String line() {
    String line =
        String.format(
            Locale.ROOT,
            "bench: %s value=%s%s raw=%s%s ratio=%.2f goal=%s met=%s",
            name,
            number(median(Pair::ours)),
            unit,
            number(median(Pair::raw)),
            unit,
            median(Pair::ratio),
            goal.text(unit),
            isMet() ? "yes" : "no");
    if (!LINE.matcher(line).matches()) {
      throw new IllegalStateException("not a line as it is documented: " + line);
    }
    return line;
  }

  /** How far the rounds lie apart. */
  String spread() {
    return String.format(
        Locale.ROOT,
        "%-22s rounds=%d ratio min=%.2f q1=%.2f median=%.2f q3=%.2f max=%.2f",
        name,
        pairs.size(),
        quantile(Pair::ratio, 0),
        quantile(Pair::ratio, 0.25),
        median(Pair::ratio),
        quantile(Pair::ratio, 0.75),
        quantile(Pair::ratio, 1));
  }

  static String number(double value) {
    return value >= 1_000
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.1f", value);
  }
}
