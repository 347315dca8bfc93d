package io.mistersmith.persistence.crdt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mistersmith.persistence.model.HybridTimestamp;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Each type by its best-known example. */
class CrdtTypesTest {

  private static HybridTimestamp at(long millis, String node) {
    return new HybridTimestamp(millis, 0, node);
  }

  @Test
  void anAddWinsOverARemoveThatDidNotSeeIt() {
    OrSet both = OrSet.empty().add("a", "milk");
    OrSet removed = both.remove("milk");
    OrSet renewed = both.add("b", "milk");
    assertThat(removed.merge(both).value()).isEmpty();
    assertThat(removed.merge(renewed).value()).isEqualTo(Set.of("milk"));
  }

  @Test
  void aRegisterKeepsBothConcurrentValuesUntilTheNextWrite() {
    MvRegister base = MvRegister.empty().set("a", "x");
    MvRegister both = base.set("a", "y").merge(base.set("b", "z"));
    assertThat(both.value()).isEqualTo(Set.of("y", "z"));
    assertThat(both.set("a", "done").merge(base).value()).isEqualTo(Set.of("done"));
  }

  @Test
  void theLaterWriteWinsWhateverArrivesFirst() {
    LwwRegister early = LwwRegister.empty().set("early", at(1, "b"));
    LwwRegister late = LwwRegister.empty().set("late", at(2, "a"));
    assertThat(early.merge(late).value()).contains("late");
    assertThat(late.set("stale", at(1, "c"))).isEqualTo(late);
    assertThat(late.setAt()).contains(at(2, "a"));
  }

  @Test
  void ofTwoWritesAtOneTimeTheNodeDecides() {
    LwwRegister one = LwwRegister.empty().set("one", at(1, "a"));
    LwwRegister two = LwwRegister.empty().set("two", at(1, "b"));
    assertThat(one.merge(two).value()).isEqualTo(two.merge(one).value()).contains("two");
  }

  @Test
  void aLateWriteDoesNotBringARemovedKeyBack() {
    LwwMap map = LwwMap.empty().put("k", 1, at(1, "a")).put("l", 2, at(1, "a"));
    LwwMap removed = map.remove("k", at(3, "a"));
    assertThat(removed.merge(map.put("k", 9, at(2, "b"))).value()).isEqualTo(Map.of("l", 2L));
    assertThat(removed.put("k", 5, at(4, "b")).get("k")).contains(5L);
  }

  @Test
  void aCounterInsideAMapKeepsWhatWasCountedWhileItWasRemoved() {
    OrMap map = OrMap.empty().update("n", PnCounter.empty(), n -> n.add("a", 5));
    OrMap counted = map.update("n", PnCounter.empty(), n -> n.add("b", 2));
    OrMap removed = map.remove("n");
    assertThat(removed.names()).isEmpty();
    assertThat(removed.merge(counted).get("n", PnCounter.empty()).value()).isEqualTo(2);
    OrMap again = removed.update("n", PnCounter.empty(), n -> n.add("a", 1));
    assertThat(again.merge(counted).get("n", PnCounter.empty()).value()).isEqualTo(3);
  }

  @Test
  void valuesNest() {
    OrMap map =
        OrMap.empty()
            .update(
                "inner",
                OrMap.empty(),
                inner -> inner.update("tags", OrSet.empty(), tags -> tags.add("a", "x")))
            .update("tags", GCounter.empty(), n -> n.increment("a"));
    OrMap inner = map.get("inner", OrMap.empty());
    assertThat(inner.get("tags", OrSet.empty()).value()).isEqualTo(Set.of("x"));
    assertThat(map.get("tags", OrSet.empty()).value()).isEmpty();
    assertThat(map.names()).containsExactly("inner", "tags");
  }

  @Test
  void aFieldThatHoldsNothingIsGone() {
    OrMap map = OrMap.empty().update("tags", OrSet.empty(), tags -> tags.add("a", "x"));
    assertThat(map.update("tags", OrSet.empty(), tags -> tags.remove("x")).names()).isEmpty();
  }

  @Test
  void aValueFromElsewhereIsRefused() {
    OrMap map = OrMap.empty().update("tags", OrSet.empty(), tags -> tags.add("a", "x"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> map.update("tags", OrSet.empty(), tags -> OrSet.empty().add("b", "y")))
        .withMessageContaining("from elsewhere");
  }

  @Test
  void countersRefuseWhatTheyCannotCount() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GCounter.empty().increment("a", -1))
        .withMessageContaining("PnCounter");
    GCounter full = GCounter.empty().increment("a", Long.MAX_VALUE);
    assertThatExceptionOfType(ArithmeticException.class).isThrownBy(() -> full.increment("a"));
    assertThatExceptionOfType(ArithmeticException.class)
        .isThrownBy(() -> full.increment("b").value());
  }
}
