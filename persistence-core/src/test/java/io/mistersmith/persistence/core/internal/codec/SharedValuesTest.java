package io.mistersmith.persistence.core.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.crdt.GCounter;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.state.JsonCodec;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which decoded values may be handed to several callers. */
class SharedValuesTest {

  private record Flat(
      String text, int number, TimeUnit unit, AgentId agent, Revision revision, Instant time) {}

  private record Chain(long number, @Nullable Chain next, Optional<String> name) {}

  private record Listing(String name, List<String> items) {}

  private record Wrapped(Listing listing) {}

  private record Generic<T>(T value) {}

  private static boolean isShared(Class<?> type) {
    return Json.mapping(type).sharesValues();
  }

  @Test
  void whatNobodyCanChangeIsShared() {
    assertThat(List.of(String.class, Integer.class, TimeUnit.class, Instant.class, GCounter.class))
        .allMatch(SharedValuesTest::isShared);
    assertThat(isShared(Flat.class)).isTrue();
    assertThat(isShared(Chain.class)).isTrue();
  }

  @Test
  void whatSomebodyMayChangeIsNot() {
    assertThat(
            List.of(
                Object.class,
                Map.class,
                List.class,
                byte[].class,
                java.util.Date.class,
                Listing.class,
                Wrapped.class,
                Generic.class))
        .noneMatch(SharedValuesTest::isShared);
  }

  @Test
  void anApplicationsCodecSaysItself() {
    assertThat(Json.checked(new Texts(true)).sharesValues()).isTrue();
    assertThat(Json.checked(new Texts(false)).sharesValues()).isFalse();
  }

  private record Texts(boolean sharesValues) implements JsonCodec<String> {

    @Override
    public byte[] encode(String value) {
      return new byte[0];
    }

    @Override
    public String decode(byte[] json) {
      return "";
    }
  }
}
