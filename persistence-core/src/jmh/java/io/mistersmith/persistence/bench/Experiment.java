package io.mistersmith.persistence.bench;

import static io.mistersmith.persistence.bench.Goal.atMost;

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
 * @param byIteration whether the rounds are JMH's iterations; else runs, by a parameter
 * @param settings the rest of its options
 * @param figures what it gives
 */
record Experiment(
    List<String> names,
    String include,
    int warmUps,
    int rounds,
    boolean byIteration,
    Function<ChainedOptionsBuilder, ChainedOptionsBuilder> settings,
    Function<Measurements, List<Figure>> figures) {

  /** All experiments; quick ones show that they run, and no figure to rely on. */
  static List<Experiment> all(boolean quick) {
    return List.of(
        synchronous(quick),
        MetricsExperiments.puts(quick),
        EncryptionExperiments.calls(quick),
        EncryptionExperiments.rotation(quick),
        pipelined(quick),
        FlushExperiments.flush(quick),
        hydration(quick),
        manyKeys(quick),
        allocation(quick),
        cached(quick),
        transactions(quick),
        guard(quick),
        keyPages(quick),
        FlushExperiments.searched(quick),
        FlushExperiments.audited(quick),
        ChangeFeeds.experiment(quick),
        logs(quick),
        contest(quick),
        TaskExperiments.tasks(quick),
        TaskExperiments.besideIdleTransaction(quick),
        SagaExperiments.steps(quick),
        monitoring(quick),
        large(quick),
        steps(quick),
        replica(quick));
  }

  private static Experiment logs(boolean quick) {
    return new Experiment(
        List.of("log.append.p50", "log.append.10k.p50", "log.append.100k.p50", "log.tail.20"),
        "LogCalls.(append|tail)",
        quick ? 2 : 20,
        quick ? 3 : 60,
        true,
        jmh -> jmh.param("entries", quick ? "10000" : "100000"),
        measured ->
            List.of(
                latency("log.append.p50", "LogCalls.appendShort", atMost(1.5), measured),
                latency("log.append.10k.p50", "LogCalls.appendMiddle", atMost(1.2), measured),
                latency("log.append.100k.p50", "LogCalls.appendLong", atMost(1.2), measured),
                latency("log.tail.20", "LogCalls.tail", atMost(1.5), measured)));
  }

  /** Two runtimes append to one log: of what both were told, how much stands where it belongs. */
  private static Experiment contest(boolean quick) {
    return new Experiment(
        List.of("log.contest"),
        "LogCalls.contend",
        0,
        quick ? 1 : 3,
        true,
        jmh -> jmh.param("entries", quick ? "10000" : "100000"),
        measured ->
            List.of(
                new Figure(
                    "log.contest", "/s", Goal.atLeast(1.0), measured.turns("LogCalls.contend"))));
  }

  private static Experiment steps(boolean quick) {
    return new Experiment(
        List.of("step.3.memory.p50", "step.3.disk.p50"),
        "Steps",
        quick ? 2 : 10,
        quick ? 3 : 40,
        true,
        jmh -> jmh,
        measured ->
            List.of(
                latency("step.3.memory.p50", "Steps.inMemory", atMost(1.5), measured),
                latency("step.3.disk.p50", "Steps.onDisk", Goal.reported(), measured)));
  }

  private static Experiment guard(boolean quick) {
    return new Experiment(
        List.of("guard.get.p50", "guard.find.p50", "guard.allocation"),
        "GuardedCalls",
        quick ? 5 : 20,
        quick ? 5 : 60,
        true,
        jmh -> jmh,
        measured ->
            List.of(
                latency("guard.get.p50", "GuardedCalls.get", atMost(1.05), measured),
                latency("guard.find.p50", "GuardedCalls.find", atMost(1.05), measured),
                new Figure(
                    "guard.allocation",
                    "B",
                    Goal.overRawAtMost(1_024),
                    measured.turns("GuardedCalls.allocate"))));
  }

  private static Experiment keyPages(boolean quick) {
    return new Experiment(
        List.of("keys.page.p50"),
        "KeyPages",
        quick ? 2 : 10,
        quick ? 3 : 40,
        true,
        jmh -> jmh,
        measured ->
            List.of(latency("keys.page.p50", "KeyPages.page", Goal.valueAtMost(2_000), measured)));
  }

  private static Experiment transactions(boolean quick) {
    return new Experiment(
        List.of("transaction.p50", "transaction.allocation"),
        "Transactions",
        quick ? 5 : 20,
        quick ? 5 : 60,
        true,
        jmh -> jmh,
        measured ->
            List.of(
                latency("transaction.p50", "Transactions.run", atMost(1.05), measured),
                new Figure(
                    "transaction.allocation",
                    "B",
                    Goal.overRawAtMost(1_024),
                    measured.turns("Transactions.allocate"))));
  }

  /** Raw is the reading of a field, and all of the time. */
  private static Experiment monitoring(boolean quick) {
    return new Experiment(
        List.of("health.probe", "upkeep.share"),
        "MonitoringCalls",
        quick ? 2 : 5,
        quick ? 3 : 20,
        true,
        jmh -> jmh,
        measured ->
            List.of(
                new Figure(
                    "health.probe",
                    "ns",
                    Goal.overRawAtMost(1_000),
                    measured.turns("MonitoringCalls.probe")),
                new Figure(
                    "upkeep.share",
                    "%",
                    Goal.valueAtMost(1),
                    measured.turns("MonitoringCalls.share"))));
  }

  private static Experiment replica(boolean quick) {
    return new Experiment(
        List.of("replica.own.p50"),
        "ReplicaReads",
        quick ? 2 : 5,
        quick ? 3 : 30,
        true,
        jmh -> jmh,
        measured ->
            List.of(
                latency(
                    "replica.own.p50", "ReplicaReads.read", Goal.overRawAtMost(5_000), measured)));
  }

  private static Experiment synchronous(boolean quick) {
    return new Experiment(
        List.of("put.sync.p50", "cas.known.sync.p50", "get.kv.p50", "cas.cold.sync.p50"),
        "SynchronousCalls",
        quick ? 2 : 20,
        quick ? 3 : 80,
        true,
        jmh -> jmh,
        measured ->
            List.of(
                latency("put.sync.p50", "SynchronousCalls.put", atMost(1.10), measured),
                latency(
                    "cas.known.sync.p50", "SynchronousCalls.compareAndSet", atMost(1.10), measured),
                latency("get.kv.p50", "SynchronousCalls.get", atMost(1.10), measured),
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
        quick ? 2 : 20,
        quick ? 3 : 80,
        true,
        jmh -> jmh,
        measured ->
            List.of(
                new Figure(
                    "put.pipelined",
                    "/s",
                    Goal.atLeast(0.90),
                    measured.turns("PipelinedPuts.put"))));
  }

  private static Experiment hydration(boolean quick) {
    return new Experiment(
        List.of("hydrate.1000", "read.1000"),
        "Hydration",
        quick ? 1 : 10,
        quick ? 1 : 25,
        false,
        Experiment::oneShot,
        measured ->
            List.of(
                bulk("hydrate.1000", "Hydration.hydrate", measured),
                bulk("read.1000", "Hydration.read", measured)));
  }

  private static Experiment large(boolean quick) {
    return new Experiment(
        List.of("large.write", "large.read"),
        "LargeStreams",
        quick ? 1 : 5,
        quick ? 2 : 20,
        false,
        Experiment::oneShot,
        measured ->
            List.of(
                bulk("large.write", "LargeStreams.write", measured),
                bulk("large.read", "LargeStreams.read", measured)));
  }

  private static Figure bulk(String name, String benchmark, Measurements measured) {
    return new Figure(name, "ms", atMost(1.5), measured.pairs(benchmark, Measurements::score));
  }

  private static Experiment manyKeys(boolean quick) {
    return new Experiment(
        List.of("put.1m.p50", "get.1m.p50", "heap.1m"),
        "ManyKeys",
        quick ? 1 : 10,
        quick ? 3 : 40,
        true,
        jmh -> jmh.param("many", quick ? "20000" : "1000000"),
        measured ->
            List.of(
                latency("put.1m.p50", "ManyKeys.put", atMost(1.3), measured),
                latency("get.1m.p50", "ManyKeys.get", atMost(1.3), measured),
                new Figure("heap.1m", "MB", atMost(1.10), measured.turns("ManyKeys.heap"))));
  }

  static Figure latency(String name, String benchmark, Goal goal, Measurements measured) {
    return new Figure(name, "us", goal, measured.turns(benchmark));
  }

  private static Experiment allocation(boolean quick) {
    return new Experiment(
        List.of("put.allocation"),
        "SessionPuts",
        quick ? 1 : 3,
        quick ? 1 : 5,
        false,
        jmh ->
            jmh.addProfiler(GCProfiler.class)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(quick ? 200 : 1_000)),
        measured ->
            List.of(
                new Figure(
                    "put.allocation",
                    "B",
                    Goal.reported(),
                    measured.pairs(
                        "SessionPuts.put", Measurements.secondary("gc.alloc.rate.norm")))));
  }

  private static Experiment cached(boolean quick) {
    return new Experiment(
        List.of("get.l1", "get.l1.decoded"),
        "CachedGets",
        quick ? 10 : 30,
        quick ? 5 : 80,
        true,
        jmh -> jmh,
        measured ->
            List.of(
                new Figure(
                    "get.l1",
                    "/s",
                    Goal.atLeast(0.5).and(10_000_000),
                    measured.turns("CachedGets.shared")),
                new Figure(
                    "get.l1.decoded",
                    "/s",
                    Goal.reported(),
                    measured.turns("CachedGets.decoded"))));
  }

  static ChainedOptionsBuilder oneShot(ChainedOptionsBuilder jmh) {
    return jmh.warmupIterations(0).measurementIterations(1);
  }
}
