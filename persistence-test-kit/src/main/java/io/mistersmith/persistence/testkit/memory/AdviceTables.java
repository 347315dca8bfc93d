package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.operations.Advice.IndexFinding;
import io.mistersmith.persistence.operations.Advice.MissingIndex;
import io.mistersmith.persistence.operations.Advice.SlowStatement;
import java.util.Optional;
import java.util.UUID;

/** What the statistics are said to say, and the recommendations. */
record AdviceTables(
    Table<String, IndexFinding> findings,
    Table<String, SlowStatement> statements,
    Table<UUID, Recommended> recommendations) {

  /** What became of a recommendation. */
  enum State {
    PENDING,
    IMPLEMENTED,
    REJECTED
  }

  /**
   * A recommendation.
   *
   * @param obstacle why the index cannot be built
   */
  record Recommended(MissingIndex index, Optional<String> obstacle, State state) {}

  static AdviceTables empty() {
    return new AdviceTables(
        Table.inOrderOfInsertion(), Table.inOrderOfInsertion(), Table.inOrderOfInsertion());
  }

  AdviceTables copy() {
    return new AdviceTables(findings.copy(), statements.copy(), recommendations.copy());
  }
}
