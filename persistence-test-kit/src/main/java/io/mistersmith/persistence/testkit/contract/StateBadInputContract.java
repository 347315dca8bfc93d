package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** That bad input gets a typed error that says what is wrong, and loses nothing. */
public abstract class StateBadInputContract extends PersistenceContract {

  /** For implementations. */
  protected StateBadInputContract() {}

  @Test
  void keysThatNoStoreCanKeepAreRefused() {
    for (String bad :
        List.of(
            "",
            AwkwardKeys.longest("k") + "k",
            AwkwardKeys.longest("\ud83e\udd16") + "k",
            "a\u0000b",
            "half \ud83e",
            "\udd16 half",
            "\udd16\ud83e")) {
      assertFails(DataError.INVALID_KEY, () -> states().find(key(bad)));
      assertFails(DataError.INVALID_KEY, () -> states().find(StateKey.of(bad, "key")));
    }
  }

  @Test
  @SuppressWarnings("NullAway") // what callers without a null checker do
  void nullKeysAreRefused() {
    assertFails(DataError.INVALID_KEY, () -> StateKey.of((String) null, "key"));
    assertFails(DataError.INVALID_KEY, () -> StateKey.of("agent", null));
  }

  static Stream<Object> unwritable() {
    return Stream.of(
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        List.of(1.0, Double.NaN),
        Map.of("deep", Map.of("er", Double.NaN)),
        "a\u0000b",
        "half \ud83e",
        "\udd16 half",
        List.of("\u0000"),
        Map.of("\u0000", 1),
        Map.of("\ud83e", 1),
        new Object());
  }

  @ParameterizedTest
  @MethodSource("unwritable")
  void valuesThatAreNoJsonForBothStoresAreRefused(Object value) {
    refusedWithoutLoss(() -> states().save(key("a"), value), DataError.SERIALIZATION_ERROR);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "NaN",
        "{",
        "{\"a\"}",
        "[1,]",
        "1 2",
        "{}{}",
        "nul",
        "'text'",
        "\"open",
        "\"\\u0000\"",
        "{\"\\u0000\":1}",
        "\"\\ud83e\"",
        "\"\\udd16\"",
        "\"\u0001\"",
        "01"
      })
  void textsThatAreNoJsonForBothStoresAreRefused(String text) {
    refusedWithoutLoss(() -> texts().save(key("a"), text), DataError.SERIALIZATION_ERROR);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e400", "-1e400", "1e-400", "[1e400]", "1e9999"})
  void numbersBeyondADoubleAreKeptOrRefused(String text) {
    keptOrRefused(text, "0".repeat(300));
  }

  @Test
  void aThousandLevelsAreKeptOrRefused() {
    keptOrRefused("[".repeat(1_000) + "]".repeat(1_000), "[".repeat(1_000));
    keptOrRefused("{\"a\":".repeat(1_000) + "1" + "}".repeat(1_000), "{\"a\":".repeat(1_000));
  }

  @Test
  void aHundredThousandLevelsAreRefused() {
    String deep = "[".repeat(100_000) + "]".repeat(100_000);
    refusedWithoutLoss(() -> texts().save(key("a"), deep), DataError.SERIALIZATION_ERROR);
  }

  @Test
  void anObjectThatHoldsItselfIsRefused() {
    List<Object> endless = new ArrayList<>();
    endless.add(endless);
    refusedWithoutLoss(() -> states().save(key("a"), endless), DataError.SERIALIZATION_ERROR);
    Object nested = 1;
    for (int i = 0; i < 20_000; i++) {
      nested = Collections.singletonList(nested);
    }
    Object deep = nested;
    refusedWithoutLoss(() -> states().save(key("a"), deep), DataError.SERIALIZATION_ERROR);
  }

  @Test
  void aValueOverTheServersLimitIsRefused() {
    String large = "x".repeat(2 * 1024 * 1024);
    refusedWithoutLoss(() -> states().save(key("a"), large), DataError.VALUE_TOO_LARGE);
  }

  @Test
  void sqlAndQuotesAreText() {
    StateKey key = key("'; DROP TABLE agents.state; -- \" $1 :name ?");
    states().save(key, Map.of("'; DROP SCHEMA agents CASCADE; --", "\\'; SELECT 1 \" $1 :x ?"));
    states().flush(key, SOON);
    assertThat(find(key).value())
        .isEqualTo(Map.of("'; DROP SCHEMA agents CASCADE; --", "\\'; SELECT 1 \" $1 :x ?"));
    assertThat(states().keys(agent().toString(), "'; DROP")).containsExactly(key);
  }

  @Test
  void stateOfAnUnregisteredAgentIsADeadLetterThatStopsNobody() {
    StateKey orphan = StateKey.of(UUID.randomUUID(), "key");
    Versioned<Object> written = states().save(orphan, "orphan");
    Versioned<Object> neighbour = states().save(key("a"), "1");
    states().awaitDurable(key("a"), neighbour.revision(), SOON);
    assertFails(
        DataError.DEAD_LETTERED, () -> states().awaitDurable(orphan, written.revision(), SOON));
    assertThat(persistence().deadLetters().count()).isEqualTo(1);
    assertThat(find(orphan).value()).as("it is still in KV").isEqualTo("orphan");
  }

  private void refusedWithoutLoss(Runnable save, DataError expected) {
    Versioned<Object> before = states().save(key("a"), "before");
    assertFails(expected, save::run);
    assertThat(find(key("a")).value()).isEqualTo("before");
    assertThat(find(key("a")).revision()).isEqualTo(before.revision());
    states().awaitDurable(key("a"), before.revision(), SOON);
    Versioned<Object> after = states().save(key("a"), "after");
    states().awaitDurable(key("a"), after.revision(), SOON);
    assertThat(persistence().deadLetters().count()).isZero();
  }

  /** Either is right; what is wrong is to keep something else, or to find out only at the flush. */
  private void keptOrRefused(String text, String orBeginsSo) {
    Throwable failure = catchThrowable(() -> texts().save(key("a"), text));
    if (failure == null) {
      String read = texts().find(key("a")).orElseThrow().value();
      assertThat(read.equals(text) || read.contains(orBeginsSo)).as("read back: " + read).isTrue();
      states().flush(key("a"), SOON);
      assertThat(persistence().deadLetters().count()).isZero();
    } else {
      assertThat(failure).isInstanceOf(NonTransientPersistenceException.class);
      Failures.assertIs(DataError.SERIALIZATION_ERROR, failure);
    }
    refusedWithoutLoss(() -> texts().save(key("a"), "NaN"), DataError.SERIALIZATION_ERROR);
  }
}
