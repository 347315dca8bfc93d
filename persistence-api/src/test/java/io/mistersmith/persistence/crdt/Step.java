package io.mistersmith.persistence.crdt;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/**
 * One thing that happens in a run: a replica changes its value, or a version that some replica once
 * had reaches it, however old, however often, in whatever order.
 *
 * @param replica which replica
 * @param receives whether it receives, rather than changes
 * @param choice which version it receives, or which change it makes
 * @param item what it changes
 */
record Step(int replica, boolean receives, int choice, int item) {
  static final int REPLICAS = 5;

  /** Runs of up to 40 steps of five replicas. */
  static Arbitrary<List<Step>> runs() {
    return Combinators.combine(
            Arbitraries.integers().between(0, REPLICAS - 1),
            Arbitraries.of(true, false),
            Arbitraries.integers().between(0, 1_000),
            Arbitraries.integers().between(0, 3))
        .as(Step::new)
        .list()
        .ofMaxSize(40);
  }
}
