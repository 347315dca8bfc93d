package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.bench.Figure.Pair;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** What JMH measured in one experiment, by round and side. */
record Measurements(Collection<RunResult> results) {

  /** The rounds of a benchmark in which both sides ran; those before 1 only warm up. */
  List<Pair> pairs(String benchmark, ToDoubleFunction<RunResult> metric) {
    Map<Integer, Double> raw = rounds(benchmark, "side", Side.RAW.name(), metric);
    Map<Integer, Double> ours = rounds(benchmark, "side", Side.OURS.name(), metric);
    return pairs(raw, ours);
  }

  /** The rounds of a benchmark, paired by the values of one parameter. */
  List<Pair> pairs(
      String benchmark, String param, String raw, String ours, ToDoubleFunction<RunResult> metric) {
    return pairs(rounds(benchmark, param, raw, metric), rounds(benchmark, param, ours, metric));
  }

  /** The rounds with one value of a parameter, paired by two metrics of the same run. */
  List<Pair> beside(
      String benchmark,
      String param,
      String value,
      ToDoubleFunction<RunResult> raw,
      ToDoubleFunction<RunResult> ours) {
    return pairs(rounds(benchmark, param, value, raw), rounds(benchmark, param, value, ours));
  }

  private static List<Pair> pairs(Map<Integer, Double> raw, Map<Integer, Double> ours) {
    List<Pair> pairs = new ArrayList<>();
    raw.forEach(
        (round, value) -> {
          Double other = ours.get(round);
          if (round > 0 && other != null) {
            pairs.add(new Pair(value, other));
          }
        });
    return pairs;
  }

  private Map<Integer, Double> rounds(
      String benchmark, String param, String value, ToDoubleFunction<RunResult> metric) {
    Map<Integer, Double> rounds = new TreeMap<>();
    for (RunResult result : results) {
      if (result.getParams().getBenchmark().endsWith("." + benchmark)
          && value.equals(result.getParams().getParam(param))) {
        rounds.put(
            Integer.parseInt(result.getParams().getParam("round")), metric.applyAsDouble(result));
      }
    }
    return rounds;
  }

  /** The median of a sampled time, in the benchmark's unit. */
  static double p50(RunResult result) {
    return result.getPrimaryResult().getStatistics().getPercentile(50);
  }

  static double score(RunResult result) {
    return result.getPrimaryResult().getScore();
  }

  /** How many per second, when a shot of so many took its score in seconds. */
  static ToDoubleFunction<RunResult> perSecond(int operations) {
    return result -> operations / score(result);
  }

  /** What a profiler says beside it. */
  static ToDoubleFunction<RunResult> secondary(String label) {
    return result -> {
      Result<?> found = result.getSecondaryResults().get(label);
      if (found == null) {
        throw new IllegalStateException("no " + label + " of " + result.getParams().id());
      }
      return found.getScore();
    };
  }
}
