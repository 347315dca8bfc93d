package io.mistersmith.persistence.bench;

import java.util.List;

/** The experiments with sagas. */
final class SagaExperiments {

  private SagaExperiments() {}

  /**
   * Steps a second of sagas of three steps, of which none, 3 % or 30 % fail in the last one, beside
   * the same by hand; and of which none fails, beside workflows of DBOS Transact.
   */
  static Experiment steps(boolean quick) {
    return new Experiment(
        List.of("saga.steps.0", "saga.steps.3", "saga.steps.30", "saga.steps.dbos"),
        "SagaCalls.(noneFail|fewFail|manyFail|besideDbos)",
        1,
        quick ? 1 : 7,
        true,
        jmh -> jmh.param("sagas", quick ? "400" : "3000"),
        measured ->
            List.of(
                steps("0", 0.8, measured.turns("SagaCalls.noneFail")),
                steps("3", 0.8, measured.turns("SagaCalls.fewFail")),
                steps("30", 0.8, measured.turns("SagaCalls.manyFail")),
                steps("dbos", 1.0, measured.turns("SagaCalls.besideDbos"))));
  }

  private static Figure steps(String of, double goal, List<Figure.Pair> turns) {
    return new Figure("saga.steps." + of, "/s", Goal.atLeast(goal), turns);
  }
}
