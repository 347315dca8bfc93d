package io.mistersmith.persistence.bench;

import java.util.List;
import java.util.stream.Stream;

/** The experiments with sagas. */
final class SagaExperiments {

  private SagaExperiments() {}

  /** Steps a second of sagas of three steps, of which none, 3 % or 30 % fail in the last one. */
  static Experiment steps(boolean quick) {
    return new Experiment(
        List.of("saga.steps.0", "saga.steps.3", "saga.steps.30"),
        "SagaCalls.(noneFail|fewFail|manyFail)",
        1,
        quick ? 1 : 7,
        true,
        jmh -> jmh.param("sagas", quick ? "400" : "3000"),
        measured ->
            Stream.of(List.of("0", "noneFail"), List.of("3", "fewFail"), List.of("30", "manyFail"))
                .map(
                    figure ->
                        new Figure(
                            "saga.steps." + figure.get(0),
                            "/s",
                            Goal.atLeast(0.8),
                            measured.turns("SagaCalls." + figure.get(1))))
                .toList());
  }
}
