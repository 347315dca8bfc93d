package io.mistersmith.persistence.crdt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The end result has the operations of all replicas, compared with plain models of each type. */
class NothingIsLostTest {

  @Provide
  Arbitrary<List<Step>> runs() {
    return Step.runs();
  }

  @Property(tries = 10_000)
  void everyIncrementCounts(@ForAll("runs") List<Step> steps) {
    long expected = changes(steps).stream().mapToLong(Step::item).sum();
    Replicas<GCounter> run =
        new Replicas<>(GCounter.empty(), (c, r, s) -> c.increment(r, s.item())).run(steps);
    assertThat(run.healed()).allSatisfy(counter -> assertThat(counter.value()).isEqualTo(expected));
  }

  @Property(tries = 10_000)
  void everyAdditionAndSubtractionCounts(@ForAll("runs") List<Step> steps) {
    long expected = changes(steps).stream().mapToLong(s -> s.item() - 2L).sum();
    Replicas<PnCounter> run =
        new Replicas<>(PnCounter.empty(), (c, r, s) -> c.add(r, s.item() - 2L)).run(steps);
    assertThat(run.healed()).allSatisfy(counter -> assertThat(counter.value()).isEqualTo(expected));
  }

  @Property(tries = 10_000)
  void everyIncrementOfACounterInsideAMapCounts(@ForAll("runs") List<Step> steps) {
    long expected = changes(steps).stream().mapToLong(Step::item).sum();
    Replicas<OrMap> run =
        new Replicas<>(
                OrMap.empty(),
                (map, r, s) -> map.update("n", GCounter.empty(), n -> n.increment(r, s.item())))
            .run(steps);
    assertThat(run.healed())
        .allSatisfy(map -> assertThat(map.get("n", GCounter.empty()).value()).isEqualTo(expected));
  }

  @Property(tries = 10_000)
  void everyElementOfAGrowingSetStays(@ForAll("runs") List<Step> steps) {
    Object[] expected = changes(steps).stream().map(s -> (long) s.item()).distinct().toArray();
    Replicas<GSet> run = new Replicas<>(GSet.empty(), (c, r, s) -> c.add(r, s.item())).run(steps);
    assertThat(run.healed())
        .allSatisfy(set -> assertThat(set.value()).containsExactlyInAnyOrder(expected));
  }

  @Property(tries = 10_000)
  void anElementStaysExactlyWhenSomeAddWasSeenByNoRemove(@ForAll("runs") List<Step> steps) {
    ObservedAdds model = new ObservedAdds();
    Replicas<OrSet> run = new Replicas<>(OrSet.empty(), Changes::orSet);
    for (Step step : steps) {
      model.take(step, step.receives() ? run.received(step) : 0);
      run.take(step);
    }
    assertThat(run.healed())
        .allSatisfy(
            set -> assertThat(set.value()).containsExactlyInAnyOrderElementsOf(model.result()));
  }

  @Property(tries = 10_000)
  void theSameHoldsForASetInsideAMap(@ForAll("runs") List<Step> steps) {
    ObservedAdds model = new ObservedAdds();
    Replicas<OrMap> run =
        new Replicas<>(
            OrMap.empty(),
            (map, r, s) -> map.update("set", OrSet.empty(), set -> Changes.orSet(set, r, s)));
    for (Step step : steps) {
      model.take(step, step.receives() ? run.received(step) : 0);
      run.take(step);
    }
    assertThat(run.healed())
        .allSatisfy(
            map ->
                assertThat(map.get("set", OrSet.empty()).value())
                    .containsExactlyInAnyOrderElementsOf(model.result()));
  }

  private static List<Step> changes(List<Step> steps) {
    return steps.stream().filter(step -> !step.receives()).toList();
  }
}
