package io.mistersmith.persistence.crdt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.HybridTimestamp;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The JSON form as other versions and other languages know it: it may not change. */
class CrdtJsonTest {
  private static final HybridTimestamp AT = new HybridTimestamp(5, 1, "a");

  @Test
  void theFormOfEachTypeIsFixed() {
    assertThat(GCounter.empty().increment("a", 3).toJson())
        .isEqualTo(Map.of("type", "g-counter", "seen", seen(1), "dots", dots(3L)));
    assertThat(PnCounter.empty().add("a", -3).toJson())
        .isEqualTo(Map.of("type", "pn-counter", "seen", seen(1), "dots", dots(List.of(0L, 3L))));
    assertThat(GSet.empty().add("a", "x").toJson())
        .isEqualTo(Map.of("type", "g-set", "seen", seen(1), "dots", dots("x")));
    assertThat(OrSet.empty().add("a", "x").remove("x").toJson())
        .isEqualTo(Map.of("type", "or-set", "seen", seen(1), "dots", List.of()));
    assertThat(MvRegister.empty().set("a", true).toJson())
        .isEqualTo(Map.of("type", "mv-register", "seen", seen(1), "dots", dots(true)));
    assertThat(LwwRegister.empty().set("x", AT).toJson())
        .isEqualTo(
            Map.of("type", "lww-register", "seen", seen(1), "dots", dots(List.of("x", "5-1-a"))));
    assertThat(LwwMap.empty().put("k", "x", AT).toJson())
        .isEqualTo(
            Map.of("type", "lww-map", "seen", seen(1), "dots", dots(List.of("k", "5-1-a", "x"))));
    assertThat(LwwMap.empty().remove("k", AT).toJson())
        .isEqualTo(Map.of("type", "lww-map", "seen", seen(1), "dots", dots(List.of("k", "5-1-a"))));
    assertThat(OrMap.empty().update("f", OrSet.empty(), set -> set.add("a", "x")).toJson())
        .isEqualTo(
            Map.of(
                "type",
                "or-map",
                "seen",
                seen(1),
                "fields",
                List.of(List.of("f", "or-set", dots("x")))));
  }

  private static Map<String, Long> seen(long count) {
    return Map.of("a", count);
  }

  private static List<Object> dots(Object value) {
    return List.of(List.of("a", 1L, value));
  }

  @Test
  void numbersAreEqualByValueWhateverAStoreMadeOfThem() {
    GSet set = GSet.empty().add("a", 1).add("a", 1.0).add("a", new BigDecimal("1e0"));
    assertThat(set.value()).isEqualTo(Set.of(1L));
    assertThat(set.contains(1.0f)).isTrue();
    assertThat(GSet.empty().add("a", 0.5).contains(new BigDecimal("0.50"))).isTrue();
    assertThat(GSet.empty().add("a", Map.of("n", 1)).contains(Map.of("n", 1.0))).isTrue();
    Map<String, Object> withInts =
        Map.of("type", "g-counter", "seen", Map.of("a", 1), "dots", List.of(List.of("a", 1, 3)));
    assertThat(Crdt.read(withInts, GCounter.class).value()).isEqualTo(3);
  }

  @Test
  void whatIsNoJsonValueIsRefused() {
    GSet set = GSet.empty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> set.add("a", new Object()))
        .withMessageContaining("no JSON value");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> set.add("a", Double.NaN))
        .withMessageContaining("finite");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> set.add("a", Map.of(1, 2)))
        .withMessageContaining("Strings");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> set.add(" ", 1))
        .withMessageContaining("replica");
  }

  @Test
  void aValueOfAnotherTypeIsRefused() {
    assertThatExceptionOfType(NonTransientPersistenceException.class)
        .isThrownBy(() -> Crdt.read(GSet.empty().toJson(), OrSet.class))
        .withMessageContaining("g-set");
  }

  static List<Map<String, ?>> broken() {
    return List.of(
        Map.of(),
        Map.of("type", "heap", "seen", Map.of(), "dots", List.of()),
        Map.of("type", "g-set", "dots", List.of()),
        Map.of("type", "g-set", "seen", Map.of()),
        Map.of("type", "g-set", "seen", Map.of("a", 0), "dots", List.of()),
        Map.of("type", "g-set", "seen", Map.of("a", "x"), "dots", List.of()),
        Map.of("type", "g-set", "seen", Map.of(), "dots", List.of(List.of("a", 1, "x"))),
        Map.of("type", "g-set", "seen", seen(1), "dots", List.of(List.of("a", 1))),
        Map.of("type", "g-counter", "seen", seen(1), "dots", dots(-1)),
        Map.of("type", "g-counter", "seen", seen(1), "dots", dots(1.5)),
        Map.of("type", "pn-counter", "seen", seen(1), "dots", dots(List.of(1))),
        Map.of("type", "lww-register", "seen", seen(1), "dots", dots(List.of("x", "then"))),
        Map.of("type", "lww-register", "seen", seen(1), "dots", dots(Arrays.asList(null, "5-1-a"))),
        Map.of("type", "lww-map", "seen", seen(1), "dots", dots(List.of(1, "5-1-a"))),
        Map.of("type", "or-map", "seen", seen(1), "fields", List.of(List.of("f", "heap", 1))));
  }

  @ParameterizedTest
  @MethodSource("broken")
  void whatIsNoCrdtIsRefused(Map<String, ?> json) {
    assertThatExceptionOfType(NonTransientPersistenceException.class)
        .isThrownBy(() -> Crdt.read(json))
        .matches(refusal -> refusal.error() == DataError.SERIALIZATION_ERROR);
  }
}
