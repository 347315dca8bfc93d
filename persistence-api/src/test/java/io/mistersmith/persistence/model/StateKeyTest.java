package io.mistersmith.persistence.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateKeyTest {

  @ParameterizedTest
  @ValueSource(strings = {"a", "a.b", "..", "%_:/ ", "日本語", "😀", "'; DROP TABLE agents.state; --"})
  void takesAnyText(String text) {
    assertThat(new StateKey(text, text).key()).isEqualTo(text);
  }

  @Test
  void countsCharactersAsPostgresDoes() {
    String longest = "😀".repeat(StateKey.MAX_LENGTH);
    assertThat(StateKey.of(UUID.randomUUID(), longest).key()).isEqualTo(longest);
    refuses("a", longest + "x", "256");
    refuses("x".repeat(256), "k", "agent has 256");
  }

  @Test
  void refusesWhatNoStoreCanKeep() {
    refuses("", "k", "agent is empty");
    refuses("a", "", "key is empty");
    refuses("a", "b\u0000", "NUL at index 1");
    refuses("a", "\uD83D", "surrogate");
    refuses("a", "x\uDE00\uD83D", "surrogate");
  }

  @Test
  @SuppressWarnings("NullAway") // callers without null analysis
  void refusesNull() {
    refuses(null, "k", "agent is null");
    refuses("a", null, "key is null");
  }

  private static void refuses(String agent, String key, String reason) {
    assertThatThrownBy(() -> new StateKey(agent, key))
        .isInstanceOfSatisfying(
            NonTransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.INVALID_KEY))
        .hasMessageContaining(reason);
  }
}
