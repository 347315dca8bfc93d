package io.mistersmith.persistence.core.internal.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.databind.JsonNode;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.state.JsonCodec;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

  private static final JsonCodec<Object> ANYTHING = Json.mapping(Object.class);

  record Step(String role, int number, Instant at) {}

  /** A codec of an application that keeps JSON as text. */
  private static final JsonCodec<String> TEXT =
      Json.checked(
          new JsonCodec<>() {
            @Override
            public byte[] encode(String value) {
              return value.getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public String decode(byte[] json) {
              return new String(json, StandardCharsets.UTF_8);
            }
          });

  @Test
  void mapsRecordsAndTrees() {
    JsonCodec<Map<String, Object>> maps = castedMapping();
    byte[] json = maps.encode(Map.of("a", List.of(1, 2.5, true, "ü", Map.of())));
    assertThat(maps.decode(json)).isEqualTo(Map.of("a", List.of(1, 2.5, true, "ü", Map.of())));
    JsonCodec<JsonNode> trees = Json.mapping(JsonNode.class);
    assertThat(trees.decode(trees.encode(trees.decode(json)))).isEqualTo(trees.decode(json));
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // a class literal has no type arguments
  private static JsonCodec<Map<String, Object>> castedMapping() {
    return (JsonCodec) Json.mapping(Map.class);
  }

  @Test
  void refusesWhatPostgresCannotStore() {
    refuses("a\u0000b", "NUL");
    refuses(Map.of("a\u0000b", 1), "NUL");
    refuses(List.of(Map.of("text", "half \uD83D only")), "surrogate");
    refuses("\uDE00\uD83D", "surrogate");
    refuses(Double.NaN, "NaN");
    refuses(Float.POSITIVE_INFINITY, "infinity");
    refuses(new BigDecimal("1e400"), "range of a double");
    refuses(BigInteger.TEN.pow(400), "range of a double");
  }

  @Test
  void refusesNumbersThatPostgresOrTheReaderCannotTake() {
    refuses(new BigDecimal("1E-20000"), "16383");
    refuses(new BigDecimal("0E-16384"), "16383");
    refuses(new BigDecimal("0." + "7".repeat(1_200)), "1000");
    refuses(new BigDecimal("7".repeat(1_200)), "1000");
    refuses(new double[] {1, Double.NaN}, "NaN");
    for (String good : List.of("1E-16383", "0." + "7".repeat(900), "1E+300", "-0E+300")) {
      BigDecimal number = new BigDecimal(good);
      JsonCodec<BigDecimal> numbers = Json.mapping(BigDecimal.class);
      assertThat(numbers.decode(numbers.encode(number))).isEqualTo(number);
    }
  }

  @Test
  void refusesNamesThatCannotBeReadBack() {
    refuses(Map.of("n".repeat(50_001), 1), "name");
    refuses(Map.of("\u65e5".repeat(20_000), 1), "name");
    Object longest = Map.of("n".repeat(49_000), 1);
    assertThat(ANYTHING.decode(ANYTHING.encode(longest))).isEqualTo(longest);
    refuses(new String[] {"a\u0000b"}, "NUL");
  }

  record Raw(@JsonRawValue String json) {}

  @ParameterizedTest
  @ValueSource(
      strings = {"{\"cut\":", "1}", "1,2", "NaN", "\"\\u0000\"", "1e-20000", "1e9999999999", "]"})
  void checksWhatATypeWritesAsItIs(String json) {
    JsonCodec<Raw> raws = Json.mapping(Raw.class);
    assertThatThrownBy(() -> raws.encode(new Raw(json)))
        .isInstanceOf(NonTransientPersistenceException.class)
        .hasMessageNotContaining("9999");
  }

  @Test
  void leavesAGoodDocumentWithinAnotherAsItIs() {
    assertThat(new String(Json.mapping(Raw.class).encode(new Raw("{\"a\":1.0E7}")), UTF_8))
        .isEqualTo("{\"json\":{\"a\":1.0E7}}");
  }

  record Times(Instant at, Duration lasts, Optional<LocalDate> day) {}

  @Test
  void writesTimesAsText() {
    JsonCodec<Times> codec = Json.mapping(Times.class);
    Times times =
        new Times(Instant.EPOCH, Duration.ofMinutes(90), Optional.of(LocalDate.of(2026, 2, 3)));
    assertThat(new String(codec.encode(times), UTF_8))
        .isEqualTo(
            "{\"at\":\"1970-01-01T00:00:00Z\",\"day\":\"2026-02-03\",\"lasts\":\"PT1H30M\"}");
    Times without = new Times(Instant.MAX, Duration.ZERO, Optional.empty());
    assertThat(codec.decode(codec.encode(without))).isEqualTo(without);
  }

  record Fields(String zebra, int bb, int aa, String c) {}

  @JsonPropertyOrder({"bb", "a"})
  record Chosen(int a, int bb) {}

  @Test
  void writesFieldsInTheOrderOfJsonb() {
    assertThat(new String(Json.mapping(Fields.class).encode(new Fields("z", 2, 1, "c")), UTF_8))
        .isEqualTo("{\"c\":\"c\",\"aa\":1,\"bb\":2,\"zebra\":\"z\"}");
    assertThat(new String(Json.mapping(Chosen.class).encode(new Chosen(1, 2)), UTF_8))
        .isEqualTo("{\"bb\":2,\"a\":1}");
  }

  record Counters(Map<String, Integer> counted) {}

  record ByNumber(Map<Integer, String> names) {}

  @Test
  void writesMapsWithoutAnOrderOfInsertionInTheOrderOfJsonb() {
    for (Map<String, Integer> unordered :
        List.of(
            Map.of("ccc", 1, "\u00e9", 2, "b", 3, "aa", 4),
            new HashMap<>(Map.of("ccc", 1, "\u00e9", 2, "b", 3, "aa", 4)),
            new ConcurrentHashMap<>(Map.of("ccc", 1, "\u00e9", 2, "b", 3, "aa", 4)),
            new TreeMap<>(Map.of("ccc", 1, "\u00e9", 2, "b", 3, "aa", 4)))) {
      String inOrder = "{\"b\":3,\"aa\":4,\"\u00e9\":2,\"ccc\":1}";
      assertThat(new String(ANYTHING.encode(unordered), UTF_8)).isEqualTo(inOrder);
      assertThat(new String(Json.mapping(Counters.class).encode(new Counters(unordered)), UTF_8))
          .isEqualTo("{\"counted\":" + inOrder + "}");
    }
  }

  @Test
  void losesNoEntryOfAMapWhoseNamesAreRefused() {
    for (String first : List.of("?", "\ud801")) {
      // A HashMap hands out the unpaired surrogate first, so that the other name would replace it.
      assertThatThrownBy(() -> ANYTHING.encode(new HashMap<>(Map.of(first, 1, "\ud800", 2))))
          .isInstanceOf(NonTransientPersistenceException.class);
    }
  }

  @Test
  void keepsTheOrderOfInsertionAndOfKeysThatAreNoText() {
    Map<String, Object> inserted = new LinkedHashMap<>();
    inserted.put("ccc", 1);
    inserted.put("b", Collections.unmodifiableMap(new TreeMap<>(Map.of("zz", 1, "y", 2))));
    assertThat(new String(ANYTHING.encode(inserted), UTF_8))
        .isEqualTo("{\"ccc\":1,\"b\":{\"y\":2,\"zz\":1}}");
    assertThat(
            new String(
                Json.mapping(ByNumber.class)
                    .encode(new ByNumber(new TreeMap<>(Map.of(2, "two", 10, "ten")))),
                UTF_8))
        .isEqualTo("{\"names\":{\"2\":\"two\",\"10\":\"ten\"}}");
  }

  @Test
  void namesTheTypeThatHasNoMappingAndWhatToDo() {
    assertThatThrownBy(() -> ANYTHING.encode(Map.of("field", new Object())))
        .hasMessageContaining("java.lang.Object")
        .hasMessageContaining("field")
        .hasMessageContaining("JsonCodec");
  }

  @Test
  void whatACodecThrowsIsTypedAndQuotesNothing() {
    for (Throwable thrown :
        List.of(
            new NumberFormatException("For input string: classified"),
            new StackOverflowError(),
            new AssertionError("classified"),
            new NoClassDefFoundError("classified"))) {
      JsonCodec<String> codec = Json.checked(new Throwing(thrown));
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(() -> codec.encode("x"), () -> codec.decode(new byte[0]))) {
        assertThatThrownBy(call)
            .isInstanceOfSatisfying(
                NonTransientPersistenceException.class,
                e -> assertThat(e.error()).isEqualTo(DataError.SERIALIZATION_ERROR))
            .hasMessageContaining(thrown.getClass().getName())
            .hasMessageContaining(Throwing.class.getName())
            .hasStackTraceContaining("JsonTest")
            .satisfies(e -> assertThat(trace(e)).doesNotContain("classified"));
      }
    }
  }

  private static String trace(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private record Throwing(Throwable thrown) implements JsonCodec<String> {

    @Override
    public byte[] encode(String value) {
      throw raise();
    }

    @Override
    public String decode(byte[] json) {
      throw raise();
    }

    private RuntimeException raise() {
      if (thrown instanceof Error error) {
        throw error;
      }
      return (RuntimeException) thrown;
    }
  }

  @Test
  void bytesThatAreNotPlainUtf8AreRefused() {
    JsonCodec<byte[]> bytes =
        Json.checked(
            new JsonCodec<>() {
              @Override
              public byte[] encode(byte[] value) {
                return value;
              }

              @Override
              public byte[] decode(byte[] json) {
                return json;
              }
            });
    for (byte[] bad :
        List.of(
            "\ufeff1".getBytes(UTF_8),
            "\"a\"".getBytes(StandardCharsets.UTF_16LE),
            "\"a\"".getBytes(StandardCharsets.UTF_16),
            "[1]".getBytes(Charset.forName("UTF-32BE")),
            "\"\u00e9\"".getBytes(StandardCharsets.ISO_8859_1),
            new byte[] {'"', (byte) 0xC0, (byte) 0x80, '"'},
            new byte[] {'"', (byte) 0xC1, (byte) 0xA1, '"'},
            new byte[] {'"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"'},
            new byte[] {'"', (byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80, '"'},
            new byte[] {'"', (byte) 0xE6, '"'},
            new byte[] {'1', 0})) {
      assertThatThrownBy(() -> bytes.encode(bad))
          .isInstanceOf(NonTransientPersistenceException.class);
    }
  }

  @Test
  void namesThePlaceButNotTheValue() {
    assertThatThrownBy(() -> ANYTHING.encode(Map.of("secret", Map.of("name", "se\u0000cret"))))
        .hasMessageContaining("name")
        .hasMessageNotContaining("se\u0000cret");
    JsonCodec<Step> steps = Json.mapping(Step.class);
    assertThatThrownBy(
            () -> steps.decode("{\"number\":\"classified\"}".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(NonTransientPersistenceException.class)
        .hasMessageContaining("number")
        .hasMessageNotContaining("classified")
        .hasNoCause();
  }

  @Test
  void keepsWholeSurrogatePairsAndEscapes() {
    String text = "\uD83D\uDE00 \\u0000 \" \\ \n / \u007f \u2028";
    assertThat(ANYTHING.decode(ANYTHING.encode(text))).isEqualTo(text);
  }

  @Test
  void takesAThousandLevelsAndRefusesMore() {
    assertThat(ANYTHING.decode(ANYTHING.encode(nested(1000)))).isEqualTo(nested(1000));
    refuses(nested(1001), "1001");
    refuses(nested(100_000), "nesting");
  }

  private static Object nested(int depth) {
    Object value = List.of();
    for (int i = 1; i < depth; i++) {
      value = List.of(value);
    }
    return value;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{} {}",
        "[1,]",
        "nul",
        "NaN",
        "1e400",
        "-1e400",
        "1e9999999999",
        "-1E+99999999999999999999",
        "1e-9999999999",
        "1E-16384",
        "0.5E-16383",
        "\"\\u0000\"",
        "\"\\ud83d\"",
        "{\"a\":\"\\ude00\"}"
      })
  void checksWhatACodecOfTheApplicationWrites(String text) {
    assertThatThrownBy(() -> TEXT.encode(text))
        .isInstanceOfSatisfying(
            NonTransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.SERIALIZATION_ERROR));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "0",
        "-1.5e-300",
        "1E-16383",
        "1e-400",
        "1E+2",
        "[]",
        "{\"a\":[1,2,{}]}",
        "\"\\ud83d\\ude00\""
      })
  void leavesGoodTextAsItIs(String text) {
    assertThat(TEXT.decode(TEXT.encode(text))).isEqualTo(text);
  }

  private static void refuses(Object value, String reason) {
    assertThatThrownBy(() -> ANYTHING.encode(value))
        .isInstanceOfSatisfying(
            NonTransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.SERIALIZATION_ERROR))
        .hasMessageContaining(reason);
  }
}
