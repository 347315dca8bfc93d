package io.mistersmith.persistence.bench;

import static io.mistersmith.persistence.bench.Goal.atMost;

import java.util.List;

/** The experiments with encrypted entries. */
final class EncryptionExperiments {

  private EncryptionExperiments() {}

  /** What encryption costs a call. */
  static Experiment calls(boolean quick) {
    return new Experiment(
        List.of("put.sealed", "get.sealed"),
        "SealedCalls",
        quick ? 2 : 20,
        quick ? 3 : 80,
        true,
        jmh -> jmh,
        measured ->
            List.of(
                Experiment.latency("put.sealed", "SealedCalls.put", atMost(1.10), measured),
                Experiment.latency("get.sealed", "SealedCalls.get", atMost(1.10), measured)));
  }

  /** Raw is a loop that reads and replaces the entries. */
  static Experiment rotation(boolean quick) {
    return new Experiment(
        List.of("rotation.throughput"),
        "KeyRotation",
        1,
        quick ? 1 : 5,
        true,
        jmh -> jmh,
        measured ->
            List.of(
                new Figure(
                    "rotation.throughput",
                    "/s",
                    Goal.reported(),
                    measured.turns("KeyRotation.rotate"))));
  }
}
