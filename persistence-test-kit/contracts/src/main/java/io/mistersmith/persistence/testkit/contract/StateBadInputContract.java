package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.ForkOptions;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of bad input: it gets a typed error that says what is wrong, and loses nothing. */
public abstract class StateBadInputContract extends PersistenceContract {

  private static final CheckpointOptions FULL = CheckpointOptions.full().withDeadline(SOON);

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
      assertFails(DataError.INVALID_KEY, () -> AgentId.external(bad));
    }
  }

  @Test
  @SuppressWarnings("NullAway") // what callers without a null checker do
  void nullKeysAreRefused() {
    assertFails(DataError.INVALID_KEY, () -> StateKey.of((AgentId) null, "key"));
    assertFails(DataError.INVALID_KEY, () -> AgentId.external(null));
    assertFails(DataError.INVALID_KEY, () -> StateKey.of(AgentId.external("agent"), null));
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

  static Stream<byte[]> otherEncodings() {
    return Stream.of(
        "\ufeff{}".getBytes(UTF_8),
        "[\"a\"]".getBytes(UTF_16LE),
        "[\"a\"]".getBytes(UTF_16BE),
        "\"\u00e9\"".getBytes(ISO_8859_1),
        new byte[] {'"', (byte) 0xC0, (byte) 0xAF, '"'},
        new byte[] {'"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"'},
        new byte[] {'"', (byte) 0xE2, (byte) 0x82, '"'});
  }

  @ParameterizedTest
  @MethodSource("otherEncodings")
  void bytesThatAreNotPlainUtf8AreRefused(byte[] json) {
    StateRepository<byte[]> raw =
        persistence().states(StateType.untyped(byte[].class).withCodec(new BytesCodec()));
    refusedWithoutLoss(() -> raw.save(key("a"), json), DataError.SERIALIZATION_ERROR);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1E-16384", "1E-20000", "1e9999999999", "-1e-9999999999", "[0E-99999999999999]"})
  void numbersBeyondPostgresAreRefused(String text) {
    refusedWithoutLoss(() -> texts().save(key("a"), text), DataError.SERIALIZATION_ERROR);
  }

  @Test
  void numbersThatNoReaderTakesAreRefused() {
    BigDecimal digits = new BigDecimal("0." + "7".repeat(1_200));
    refusedWithoutLoss(() -> states().save(key("a"), digits), DataError.SERIALIZATION_ERROR);
    refusedWithoutLoss(
        () -> texts().save(key("a"), digits.toPlainString()), DataError.SERIALIZATION_ERROR);
  }

  @Test
  void aValueAtTheLimitCanBeCarriedOnEachPath() {
    String most = "[" + "7,".repeat(400_000) + "7]";
    texts().save(key("large"), most);
    texts().save(key("small"), "1");
    refusedWithoutLoss(
        () -> texts().save(key("a"), "\"" + "x".repeat(1024 * 1024 - 100) + "\""),
        DataError.VALUE_TOO_LARGE);
    Checkpoint made = persistence().checkpoints().create(agent(), FULL);
    texts().delete(key("large"));
    texts().delete(key("small"));
    assertThat(persistence().checkpoints().restore(made.id(), SOON).written()).isEqualTo(2);
    AgentId heir = register();
    persistence().checkpoints().fork(made.id(), heir, ForkOptions.toEmpty(SOON));
    assertThat(texts().find(StateKey.of(heir, "large")).orElseThrow().value()).isEqualTo(most);
    persistence().close(SOON);

    int evicted = evictAll(4);
    assertThat(evicted).isGreaterThanOrEqualTo(4);
    Persistence runtime = open(config().build());
    assertThat(runtime.lifecycle().hydrate(agent()).brought()).isGreaterThanOrEqualTo(2);
    assertThat(
            runtime
                .states(StateType.untyped(String.class).withCodec(new TextCodec()))
                .find(key("large"))
                .orElseThrow()
                .value())
        .isEqualTo(most);
  }

  @Test
  void whatACodecThrowsFailsItsOwnRowOnly() throws Exception {
    StateRepository<String> picky =
        persistence().states(StateType.untyped(String.class).withCodec(new Picky()));
    Map<StateKey, String> values = new LinkedHashMap<>();
    values.put(key("good"), "1");
    values.put(key("bad"), "throws classified");
    values.put(key("worse"), "overflows classified");
    values.put(key("also good"), "2");
    var saved = picky.saveAll(values);
    assertThat(row(saved, key("good")).value()).isEqualTo("1");
    assertThat(row(saved, key("also good")).value()).isEqualTo("2");
    for (String bad : List.of("bad", "worse")) {
      PersistenceException failure =
          Objects.requireNonNull(saved.get(key(bad))).failure().orElseThrow();
      Failures.assertIs(DataError.SERIALIZATION_ERROR, failure);
      assertThat(failure).hasMessageContaining(bad).hasMessageContaining(Picky.class.getName());
      assertThat(Failures.trace(failure)).doesNotContain("classified");
      assertFails(
          DataError.SERIALIZATION_ERROR,
          () -> picky.save(key(bad), Objects.requireNonNull(values.get(key(bad)))));
      assertFails(
          DataError.SERIALIZATION_ERROR,
          picky.saveAsync(
              key(bad), Objects.requireNonNull(values.get(key(bad))), SaveOptions.unconditional()));
      texts().save(key(bad), "\"" + values.get(key(bad)) + "\"");
      assertFails(DataError.SERIALIZATION_ERROR, () -> picky.find(key(bad)));
      assertFails(DataError.SERIALIZATION_ERROR, picky.findAsync(key(bad)));
      assertFails(DataError.SERIALIZATION_ERROR, () -> picky.update(key(bad), text -> "3"));
    }
    var found = picky.findAll(values.keySet());
    assertThat(found).hasSize(4);
    assertThat(row(found, key("good")).orElseThrow().value()).isEqualTo("1");
    assertThat(failure(found, key("bad"))).isEqualTo(DataError.SERIALIZATION_ERROR);
    assertThat(failure(found, key("worse"))).isEqualTo(DataError.SERIALIZATION_ERROR);
  }

  /** Throws for some values what a careless codec throws. */
  private static final class Picky implements JsonCodec<String> {

    @Override
    public byte[] encode(String value) {
      complain(value);
      return value.getBytes(UTF_8);
    }

    @Override
    public String decode(byte[] json) {
      String text = new String(json, UTF_8);
      complain(text);
      return text;
    }

    private static void complain(String text) {
      if (text.contains("throws")) {
        throw new IllegalStateException(text);
      }
      if (text.contains("overflows")) {
        throw new StackOverflowError(text);
      }
    }
  }

  private static final class BytesCodec implements JsonCodec<byte[]> {

    @Override
    public byte[] encode(byte[] value) {
      return value;
    }

    @Override
    public byte[] decode(byte[] json) {
      return json;
    }
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
    assertThat(states().keys(agent(), "'; DROP")).containsExactly(key);
  }

  @Test
  void stateOfAnUnregisteredAgentIsADeadLetterThatStopsNobody() {
    StateKey orphan = StateKey.of(AgentId.random(), "key");
    Versioned<Object> written = states().save(orphan, "orphan");
    Versioned<Object> neighbour = states().save(key("a"), "1");
    states().awaitDurable(key("a"), neighbour.revision(), SOON);
    assertFails(
        DataError.DEAD_LETTERED, () -> states().awaitDurable(orphan, written.revision(), SOON));
    assertThat(persistence().operations().deadLetters().count()).isEqualTo(1);
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
    assertThat(persistence().operations().deadLetters().count()).isZero();
  }

  /** Either is right; what is wrong is to keep something else, or to find out only at the flush. */
  private void keptOrRefused(String text, String orBeginsSo) {
    Throwable failure = catchThrowable(() -> texts().save(key("a"), text));
    if (failure == null) {
      String read = texts().find(key("a")).orElseThrow().value();
      assertThat(read.equals(text) || read.contains(orBeginsSo)).as("read back: " + read).isTrue();
      states().flush(key("a"), SOON);
      assertThat(persistence().operations().deadLetters().count()).isZero();
    } else {
      assertThat(failure).isInstanceOf(NonTransientPersistenceException.class);
      Failures.assertIs(DataError.SERIALIZATION_ERROR, failure);
    }
    refusedWithoutLoss(() -> texts().save(key("a"), "NaN"), DataError.SERIALIZATION_ERROR);
  }
}
