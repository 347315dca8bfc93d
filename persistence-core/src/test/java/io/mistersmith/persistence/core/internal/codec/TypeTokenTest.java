package io.mistersmith.persistence.core.internal.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.StateType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Types that a token can express and a class cannot. */
class TypeTokenTest {

  /** Told apart by a property. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "shape")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Circle.class, name = "circle"),
    @JsonSubTypes.Type(value = Square.class, name = "square")
  })
  sealed interface Shape {}

  record Circle(int radius) implements Shape {}

  record Square(int side) implements Shape {}

  record Box<T>(T content) {}

  private static <T> void isReadBack(StateType<T> type, T value) {
    JsonCodec<T> codec = Json.codec(type);
    assertThat(codec.decode(codec.encode(value))).isEqualTo(value);
  }

  @Test
  void elementsOfASealedTypeAreReadBackAsWhatTheyWere() {
    StateType<List<Shape>> shapes = StateType.untyped(new StateType.Token<List<Shape>>() {});
    isReadBack(shapes, List.of(new Circle(1), new Square(2)));
    assertThat(new String(Json.codec(shapes).encode(List.of(new Circle(1))), UTF_8))
        .isEqualTo("[{\"shape\":\"circle\",\"radius\":1}]");
    isReadBack(
        StateType.untyped(new StateType.Token<Map<String, Optional<Shape>>>() {}),
        Map.of("a", Optional.of(new Square(3)), "b", Optional.empty()));
    isReadBack(StateType.untyped(new StateType.Token<Box<Shape>>() {}), new Box<>(new Circle(4)));
    isReadBack(StateType.untyped(Shape.class), new Circle(5));
  }

  @Test
  void aTypeOfTextIsSharedAndOneOfListsIsNot() {
    StateType<String> text = StateType.untyped(new StateType.Token<String>() {});
    assertThat(Json.codec(text).sharesValues()).isTrue();
    assertThat(Json.codec(StateType.untyped(new StateType.Token<List<String>>() {})).sharesValues())
        .isFalse();
  }
}
