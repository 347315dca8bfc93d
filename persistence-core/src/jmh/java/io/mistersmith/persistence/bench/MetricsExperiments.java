package io.mistersmith.persistence.bench;

import static io.mistersmith.persistence.bench.Goal.atMost;

import java.util.List;

/** The experiments with metrics and observations. */
final class MetricsExperiments {

  private MetricsExperiments() {}

  /** What they cost a put. */
  static Experiment puts(boolean quick) {
    return new Experiment(
        List.of("put.metrics", "put.observed"),
        "ObservedPuts",
        quick ? 2 : 20,
        quick ? 3 : 80,
        true,
        jmh -> jmh,
        measured ->
            List.of(
                Experiment.latency("put.metrics", "ObservedPuts.metrics", atMost(1.02), measured),
                Experiment.latency(
                    "put.observed", "ObservedPuts.observation", atMost(1.02), measured)));
  }
}
