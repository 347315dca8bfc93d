package io.mistersmith.persistence.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateType.Token;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class StateTypeTest {

  @Test
  void eachSetterCopies() {
    StateType<String> plain = StateType.of("note", String.class);
    StateType<String> session =
        plain.in(DataType.SESSION_DATA).withTimeToLive(Duration.ofMinutes(5));
    assertThat(session.name()).isEqualTo("note");
    assertThat(session.dataType()).isEqualTo(DataType.SESSION_DATA);
    assertThat(session.timeToLive()).contains(Duration.ofMinutes(5));
    assertThat(plain.dataType()).isEqualTo(DataType.AGENT_STATE);
    assertThat(plain.timeToLive()).isEmpty();
    assertThat(StateType.untyped(String.class).name()).isEqualTo(StateKey.UNTYPED);
  }

  @Test
  void aTokenCapturesTypeArguments() {
    assertThat(StateType.of("notes", new Token<List<String>>() {}).type().getTypeName())
        .isEqualTo("java.util.List<java.lang.String>");
    assertThat(StateType.of("note", new Token<String>() {}).type()).isEqualTo(String.class);
  }

  @Test
  void aTokenOfATypeVariableIsRefused() {
    refused(StateTypeTest::<String>variable);
    refused(StateTypeTest::<String>listOfVariable);
    refused(StateTypeTest::<String>arrayOfVariable);
    refused(StateTypeTest::raw);
    refused(Indirect::new);
  }

  private static void refused(Runnable making) {
    assertThatThrownBy(making::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("new Token<List<Step>>() {}");
  }

  private static <T> void variable() {
    new Token<T>() {};
  }

  private static <T> void listOfVariable() {
    new Token<List<T>>() {};
  }

  private static <T> void arrayOfVariable() {
    new Token<List<T>[]>() {};
  }

  @SuppressWarnings("rawtypes")
  private static void raw() {
    new Token() {};
  }

  private static class Between<A> extends Token<List<String>> {}

  private static final class Indirect extends Between<Integer> {}
}
