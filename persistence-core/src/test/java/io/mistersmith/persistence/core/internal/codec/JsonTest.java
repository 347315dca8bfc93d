package io.mistersmith.persistence.core.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.repository.JsonCodec;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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
  @ValueSource(strings = {"null", "0", "-1.5e-300", "[]", "{\"a\":[1,2,{}]}", "\"\\ud83d\\ude00\""})
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
