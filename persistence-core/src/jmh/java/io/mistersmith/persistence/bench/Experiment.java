package io.mistersmith.persistence.bench;

import java.util.List;
import java.util.function.Function;
import org.openjdk.jmh.profile.GCProfiler;
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

  private static final int FLUSHED = 60_000;

  /** All experiments; quick ones show that they run, and no figure to rely on. */
  static List<Experiment> all(boolean quick) {
    return List.of(
        synchronous(quick),
        cold(quick),
        pipelined(quick),
        flush(quick),
        hydration(quick),
        manyKeys(quick),
        allocation(quick));
  }

  private static Experiment synchronous(boolean quick) {
    return new Experiment(
        List.of("put.sync.p50", "cas.known.sync.p50", "get.kv.p50"),
        "SynchronousCalls\\.(put|compareAndSet|get)",
        quick ? 2 : 15,
        quick ? 3 : 75,
        Experiment::sampled,
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
        quick ? 2 : 15,
        quick ? 3 : 25,
        Experiment::sampled,
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
        quick ? 2 : 15,
        quick ? 3 : 45,
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

  private static Experiment flush(boolean quick) {
    return new Experiment(
        List.of("flush.throughput", "flush.lag.p95"),
        "Flushes",
        quick ? 1 : 2,
        quick ? 1 : 7,
        jmh ->
            oneShot(jmh)
                .param("writes", quick ? "5000" : Integer.toString(FLUSHED))
                .param("seconds", quick ? "1" : "3"),
        measured ->
            List.of(
                new Figure(
                    "flush.throughput",
                    "/s",
                    Goal.atLeast(0.90),
                    measured.pairs(
                        "Flushes.backlog", Measurements.perSecond(quick ? 5_000 : FLUSHED))),
                new Figure(
                    "flush.lag.p95",
                    "ms",
                    Goal.valueAtMost(100),
                    measured.pairs("Flushes.steady", Measurements.secondary(Flushes.LAG)))));
  }

  private static Experiment hydration(boolean quick) {
    return new Experiment(
        List.of("hydrate.1000", "read.1000"),
        "Hydration",
        quick ? 1 : 10,
        quick ? 1 : 25,
        Experiment::oneShot,
        measured ->
            List.of(
                bulk("hydrate.1000", "Hydration.hydrate", measured),
                bulk("read.1000", "Hydration.read", measured)));
  }

  private static Figure bulk(String name, String benchmark, Measurements measured) {
    return new Figure(name, "ms", Goal.atMost(1.5), measured.pairs(benchmark, Measurements::score));
  }

  private static Experiment manyKeys(boolean quick) {
    return new Experiment(
        List.of("put.1m.p50", "get.1m.p50", "heap.1m"),
        "ManyKeys",
        quick ? 1 : 3,
        quick ? 1 : 25,
        jmh -> sampled(jmh).param("many", quick ? "20000" : "1000000"),
        measured ->
            List.of(
                among("put.1m.p50", "ManyKeys.put", measured),
                among("get.1m.p50", "ManyKeys.get", measured),
                new Figure(
                    "heap.1m",
                    "MB",
                    Goal.atMost(1.10),
                    measured.beside(
                        "ManyKeys.heap",
                        "among",
                        "MANY",
                        Measurements.secondary(ManyKeys.HEAP_BOUND),
                        Measurements.secondary(ManyKeys.HEAP)))));
  }

  private static Figure among(String name, String benchmark, Measurements measured) {
    return new Figure(
        name,
        "us",
        Goal.atMost(1.3),
        measured.pairs(benchmark, "among", "FEW", "MANY", Measurements::p50));
  }

  private static Experiment allocation(boolean quick) {
    return new Experiment(
        List.of("put.session.p50", "put.allocation"),
        "SessionPuts",
        quick ? 2 : 15,
        quick ? 3 : 45,
        jmh -> sampled(jmh).addProfiler(GCProfiler.class),
        measured ->
            List.of(
                latency("put.session.p50", "SessionPuts.put", Goal.reported(), measured),
                new Figure(
                    "put.allocation",
                    "B",
                    Goal.reported(),
                    measured.pairs(
                        "SessionPuts.put", Measurements.secondary("gc.alloc.rate.norm")))));
  }

  private static Figure latency(String name, String benchmark, Goal goal, Measurements measured) {
    return new Figure(name, "us", goal, measured.pairs(benchmark, Measurements::p50));
  }

  /** Rounds are short, so that a pair meets the same load; so there are many of them. */
  private static ChainedOptionsBuilder sampled(ChainedOptionsBuilder jmh) {
    return jmh.warmupIterations(0)
        .measurementIterations(1)
        .measurementTime(TimeValue.milliseconds(100));
  }

  private static ChainedOptionsBuilder oneShot(ChainedOptionsBuilder jmh) {
    return jmh.warmupIterations(0).measurementIterations(1);
  }
}
