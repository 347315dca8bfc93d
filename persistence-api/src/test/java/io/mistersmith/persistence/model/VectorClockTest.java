package io.mistersmith.persistence.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.VectorClock.Causality;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class VectorClockTest {
  private static final int NODES = 4;

  private final VectorClock one = VectorClock.empty().tick(at(1, "a"));

  private static HybridTimestamp at(long millis, String node) {
    return new HybridTimestamp(millis, 0, node);
  }

  @Test
  void knowsBeforeAfterAndConcurrent() {
    VectorClock later = one.tick(at(2, "b"));
    VectorClock beside = one.tick(at(2, "c"));
    assertThat(one.compare(one.merge(one))).isEqualTo(Causality.EQUAL);
    assertThat(one.compare(later)).isEqualTo(Causality.BEFORE);
    assertThat(later.compare(one)).isEqualTo(Causality.AFTER);
    assertThat(later.compare(beside)).isEqualTo(Causality.CONCURRENT);
    assertThat(later.merge(beside).compare(later)).isEqualTo(Causality.AFTER);
    assertThat(VectorClock.empty().compare(one)).isEqualTo(Causality.BEFORE);
  }

  @Test
  void keepsWhatWasTickedLast() {
    VectorClock clock = one.tick(at(5, "b")).tick(at(3, "c")).pruned(2);
    assertThat(clock.ticks()).containsExactly(at(5, "b"), at(3, "c"));
    assertThat(clock.latest("a")).isEmpty();
    assertThat(clock).isNotEqualTo(VectorClock.empty().tick(at(5, "b")).tick(at(3, "c")));
    assertThat(clock.pruned(2)).isSameAs(clock);
  }

  @Test
  void clocksThatDroppedTheSameStillCompare() {
    VectorClock pruned = one.tick(at(5, "b")).tick(at(3, "c")).pruned(2);
    assertThat(pruned.tick(at(6, "b")).compare(pruned)).isEqualTo(Causality.AFTER);
    assertThat(pruned.compare(pruned.tick(at(6, "d")))).isEqualTo(Causality.BEFORE);
  }

  @Test
  void isReadBack() {
    VectorClock clock = one.tick(at(5, "b")).tick(at(3, "c"));
    assertThat(clock).hasToString("1-0-a 5-0-b 3-0-c");
    for (VectorClock each : List.of(VectorClock.empty(), clock, clock.pruned(2))) {
      assertThat(VectorClock.parse(each.toString())).isEqualTo(each).hasSameHashCodeAs(each);
    }
  }

  @Test
  void aNodeCannotGoBack() {
    assertThatExceptionOfType(NonTransientPersistenceException.class)
        .isThrownBy(() -> one.tick(at(1, "a")))
        .withMessageContaining("no later");
    assertThatExceptionOfType(NonTransientPersistenceException.class)
        .isThrownBy(() -> VectorClock.parse("1-0-a  2-0-b"));
  }

  /** A write at a node, which first sees another node's version, or a pruning there. */
  private record Step(int node, int seen, boolean prunes) {}

  @Provide
  Arbitrary<List<Step>> runs() {
    return Combinators.combine(
            Arbitraries.integers().between(0, NODES - 1),
            Arbitraries.integers().between(0, NODES - 1),
            Arbitraries.of(true, false, false))
        .as(Step::new)
        .list()
        .ofMaxSize(25);
  }

  /** Beside each clock runs one that is never pruned, and knows the truth. */
  @Property(tries = 10_000)
  void aPrunedClockNeverLooksOlderThanItIs(@ForAll("runs") List<Step> steps) {
    List<VectorClock> pruned = new ArrayList<>(Collections.nCopies(NODES, VectorClock.empty()));
    List<VectorClock> whole = new ArrayList<>(pruned);
    List<VectorClock> prunedVersions = new ArrayList<>();
    List<VectorClock> wholeVersions = new ArrayList<>();
    int time = 0;
    for (Step step : steps) {
      // A node that others may have dropped writes on under a name of its own each time.
      String name = "node-" + step.node() + "-" + time;
      time++;
      VectorClock next =
          pruned.get(step.node()).merge(pruned.get(step.seen())).tick(at(time, name));
      pruned.set(step.node(), step.prunes() ? next.pruned(2) : next);
      whole.set(
          step.node(), whole.get(step.node()).merge(whole.get(step.seen())).tick(at(time, name)));
      prunedVersions.add(pruned.get(step.node()));
      wholeVersions.add(whole.get(step.node()));
    }
    for (int i = 0; i < steps.size(); i++) {
      for (int j = 0; j < steps.size(); j++) {
        Causality said = prunedVersions.get(i).compare(prunedVersions.get(j));
        Causality truth = wholeVersions.get(i).compare(wholeVersions.get(j));
        assertThat(said).isIn(truth, Causality.CONCURRENT);
      }
    }
  }
}
