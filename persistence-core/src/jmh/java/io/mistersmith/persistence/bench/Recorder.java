package io.mistersmith.persistence.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/** Lets a benchmark report what is no time of its own, beside its score. */
public final class Recorder implements InternalProfiler {

  private static final Map<String, Double> NOTED = new ConcurrentSkipListMap<>();

  /** Notes a value of this iteration. */
  static void note(String label, double value) {
    NOTED.put(label, value);
  }

  @Override
  public String getDescription() {
    return "what the benchmarks note themselves";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    NOTED.clear();
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    List<ScalarResult> results = new ArrayList<>();
    NOTED.forEach(
        (label, value) -> results.add(new ScalarResult(label, value, "", AggregationPolicy.AVG)));
    return results;
  }
}
