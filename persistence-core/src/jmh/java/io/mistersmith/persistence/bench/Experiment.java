package io.mistersmith.persistence.bench;

import java.util.List;
import java.util.function.Function;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * A run of JMH and the figures that it gives.
 *
 * @param names the names of its figures, for selection
 * @param include which benchmarks it runs
 * @param warmUps how many rounds come before those that count
 * @param rounds how many rounds count
 * @param settings the rest of its options
 * @param figures what it gives
 */
record Experiment(
    List<String> names,
    String include,
    int warmUps,
    int rounds,
    Function<ChainedOptionsBuilder, ChainedOptionsBuilder> settings,
    Function<Measurements, List<Figure>> figures) {

  /** All experiments; quick ones show that they run, and no figure to rely on. */
  static List<Experiment> all(boolean quick) {
    return List.of(synchronous(quick), cold(quick), pipelined(quick));
  }

  private static Experiment synchronous(boolean quick) {
    return new Experiment(
        List.of("put.sync.p50", "cas.known.sync.p50", "get.kv.p50"),
        "SynchronousCalls\\.(put|compareAndSet|get)",
        quick ? 1 : 4,
        quick ? 1 : 11,
        jmh -> sampled(jmh, quick ? 200 : 700),
        measured ->
            List.of(
                latency("put.sync.p50", "SynchronousCalls.put", Goal.atMost(1.10), measured),
                latency(
                    "cas.known.sync.p50",
                    "SynchronousCalls.compareAndSet",
                    Goal.atMost(1.10),
                    measured),
                latency("get.kv.p50", "SynchronousCalls.get", Goal.atMost(1.10), measured)));
  }

  private static Experiment cold(boolean quick) {
    return new Experiment(
        List.of("cas.cold.sync.p50"),
        "SynchronousCalls.coldCompareAndSet",
        quick ? 1 : 2,
        quick ? 1 : 5,
        jmh -> sampled(jmh, quick ? 200 : 700),
        measured ->
            List.of(
                latency(
                    "cas.cold.sync.p50",
                    "SynchronousCalls.coldCompareAndSet",
                    Goal.reported(),
                    measured)));
  }

  private static Experiment pipelined(boolean quick) {
    return new Experiment(
        List.of("put.pipelined"),
        "PipelinedPuts",
        quick ? 1 : 4,
        quick ? 1 : 15,
        Experiment::oneShot,
        measured ->
            List.of(
                new Figure(
                    "put.pipelined",
                    "/s",
                    Goal.atLeast(0.90),
                    measured.pairs(
                        "PipelinedPuts.put", Measurements.perSecond(PipelinedPuts.PUTS)))));
  }

  private static Figure latency(String name, String benchmark, Goal goal, Measurements measured) {
    return new Figure(name, "us", goal, measured.pairs(benchmark, Measurements::p50));
  }

  private static ChainedOptionsBuilder sampled(ChainedOptionsBuilder jmh, long millis) {
    return jmh.warmupIterations(1)
        .warmupTime(TimeValue.milliseconds(100))
        .measurementIterations(1)
        .measurementTime(TimeValue.milliseconds(millis));
  }

  private static ChainedOptionsBuilder oneShot(ChainedOptionsBuilder jmh) {
    return jmh.warmupIterations(0).measurementIterations(1);
  }
}
