package io.mistersmith.persistence.core.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KnownPropertiesTest {

  record Point(int x, int y) {}

  record Renamed(@JsonProperty("left") @JsonAlias("links") int x) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Lenient(int x) {}

  static final class Setters {
    private int x;

    public void setX(int value) {
      x = value;
    }

    int shown() {
      return x;
    }
  }

  static final class Open {
    final Map<String, Object> rest = new HashMap<>();

    @JsonAnySetter
    public void set(String name, Object value) {
      rest.put(name, value);
    }
  }

  record Outer(@JsonUnwrapped Point point) {}

  @JsonFormat(with = JsonFormat.Feature.ACCEPT_CASE_INSENSITIVE_PROPERTIES)
  record Loose(int x) {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
  @JsonSubTypes({@JsonSubTypes.Type(value = Square.class, name = "square")})
  sealed interface Shape permits Square {}

  record Square(int side) implements Shape {}

  record Text(Map<String, Object> all) {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    Text {}
  }

  private static void assertOf(Class<?> type, String json) {
    assertThat(Json.mapping(type).decode(json.getBytes(StandardCharsets.UTF_8))).isNotNull();
  }

  private static void assertForeign(Class<?> type, String json) {
    assertThatThrownBy(() -> assertOf(type, json))
        .hasMessageContaining("none of the properties of " + type.getName());
  }

  @Test
  void oneKnownPropertyMakesADocumentOfTheType() {
    for (Class<?> type : new Class<?>[] {Point.class, Setters.class, Lenient.class, Loose.class}) {
      assertOf(type, "{\"x\":1}");
      assertOf(type, "{\"other\":{\"a\":[1,{}]},\"x\":1,\"more\":null}");
      assertOf(type, "{}");
    }
    assertOf(Point.class, "{\"y\":null}");
    assertForeign(Point.class, "{\"other\":{\"x\":1}}");
    assertForeign(Setters.class, "{\"a\":1,\"b\":[{\"x\":2}]}");
    assertForeign(Lenient.class, "{\"y\":1}");
  }

  @Test
  void aPropertyIsKnownByEachOfItsNames() {
    assertOf(Renamed.class, "{\"left\":1}");
    assertOf(Renamed.class, "{\"links\":1}");
    assertForeign(Renamed.class, "{\"x\":1}");
  }

  @Test
  void aTypeThatDoesNotSayWhatItKnowsTakesEveryDocument() {
    String json = "{\"unheard of\":1}";
    assertOf(Open.class, json);
    assertOf(Map.class, json);
    assertOf(Object.class, json);
    assertOf(Text.class, json);
    assertOf(Outer.class, "{\"x\":1}");
    assertOf(Loose.class, "{\"X\":1}");
    assertOf(Shape.class, "{\"kind\":\"square\",\"unheard of\":1}");
    assertOf(Square.class, "{\"kind\":\"square\",\"unheard of\":1}");
  }
}
