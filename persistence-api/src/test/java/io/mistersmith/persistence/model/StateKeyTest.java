package io.mistersmith.persistence.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateKeyTest {

  @ParameterizedTest
  @ValueSource(strings = {"a", "a.b", "..", "%_:/ ", "日本語", "😀", "'; DROP TABLE agents.state; --"})
  void takesAnyText(String text) {
    assertThat(StateKey.of(AgentId.external(text), text).key()).isEqualTo(text);
  }

  @Test
  void countsCharactersAsPostgresDoes() {
    String longest = "😀".repeat(StateKey.MAX_LENGTH);
    assertThat(StateKey.of(AgentId.random(), longest).key()).isEqualTo(longest);
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

  @Test
  void hasAPathThatNamesItAmongItsOwnersKeys() {
    AgentId agent = AgentId.external("a");
    StateKey key = new StateKey(agent, "plan", "x.y");
    assertThat(key.path()).isEqualTo("plan.x.y");
    assertThat(StateKey.ofPath(agent, "plan.x.y")).isEqualTo(key);
    assertThat(StateKey.of(agent, "x.y").path()).isEqualTo("_.x.y");
    assertThat(StateKey.ofPath(agent, "_.x.y")).isEqualTo(StateKey.of(agent, "x.y"));
    assertThat(StateKey.of(agent, "x.y").withType("plan")).isEqualTo(key);
    for (String path : List.of("", "plan", ".x", "plan.", "_", "__.x", "pl an.x")) {
      assertThatThrownBy(() -> StateKey.ofPath(agent, path))
          .as(path)
          .isInstanceOf(NonTransientPersistenceException.class);
    }
  }

  private static void refuses(String agent, String key, String reason) {
    assertThatThrownBy(() -> StateKey.of(AgentId.external(agent), key))
        .isInstanceOfSatisfying(
            NonTransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.INVALID_KEY))
        .hasMessageContaining(reason);
  }
}
