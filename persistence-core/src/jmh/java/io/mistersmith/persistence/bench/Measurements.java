package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.bench.Figure.Pair;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** The results of JMH for one experiment, by round and side. */
record Measurements(Collection<RunResult> results) {

  /** The rounds of a benchmark in which both sides ran; those before 1 only warm up. */
  List<Pair> pairs(String benchmark, ToDoubleFunction<RunResult> metric) {
    Map<Integer, Double> raw = rounds(benchmark, "side", Side.RAW.name(), metric);
    Map<Integer, Double> ours = rounds(benchmark, "side", Side.OURS.name(), metric);
    return pairs(raw, ours);
  }

  /** The iterations of a benchmark that noted both sides itself. */
  @SuppressWarnings("rawtypes") // as JMH has it
  List<Pair> turns(String benchmark) {
    List<Pair> pairs = new ArrayList<>();
    for (RunResult result : results) {
      if (result.getParams().getBenchmark().endsWith("." + benchmark)) {
        for (BenchmarkResult fork : result.getBenchmarkResults()) {
          for (IterationResult iteration : fork.getIterationResults()) {
            Map<String, Result> noted = iteration.getSecondaryResults();
            pairs.add(new Pair(score(noted, Turns.RAW), score(noted, Turns.OURS)));
          }
        }
      }
    }
    return pairs;
  }

  @SuppressWarnings("rawtypes") // as JMH has it
  private static double score(Map<String, Result> noted, String label) {
    Result<?> result = noted.get(label);
    if (result == null) {
      throw new IllegalStateException("nothing noted as " + label);
    }
    return result.getScore();
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

  static double score(RunResult result) {
    return result.getPrimaryResult().getScore();
  }

  /** How many per second, when a shot of so many took its score in seconds. */
  static ToDoubleFunction<RunResult> perSecond(int operations) {
    return result -> operations / score(result);
  }

  /** Returns a secondary result, such as a profiler's. */
  static ToDoubleFunction<RunResult> secondary(String label) {
    return result -> score(result.getSecondaryResults(), label);
  }
}
