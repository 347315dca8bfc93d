package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An application that names no conversation, session or agent must not share one with others, as
 * with a chat memory that has a default id (CVE-2026-41712).
 */
class NoDefaultIdsTest {

  private static Persistence open() {
    return Persistence.open(PersistenceConfig.inMemory().build(), new InMemoryStores());
  }

  @Test
  void everySessionHasATokenOfItsOwn() {
    try (Persistence persistence = open()) {
      Set<String> tokens = new HashSet<>();
      for (int i = 0; i < 100; i++) {
        tokens.add(persistence.sessions().open(NewSession.anonymous()).token());
      }
      assertThat(tokens).hasSize(100).allSatisfy(token -> assertThat(token).hasSizeGreaterThan(21));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"default", "null", "undefined", "0", "anonymous", "session"})
  void noSessionHasATokenThatCanBeGuessed(String token) {
    try (Persistence persistence = open()) {
      persistence.sessions().open(NewSession.anonymous());
      assertThat(persistence.sessions().find(token)).isEmpty();
    }
  }

  @Test
  void everyAgentHasAnIdOfItsOwn() {
    try (Persistence persistence = open()) {
      AgentId first = persistence.agents().save(Agent.of("worker", "same name")).value().id();
      AgentId second = persistence.agents().save(Agent.of("worker", "same name")).value().id();
      assertThat(second).isNotEqualTo(first);
      Log<String> own = persistence.log(first, "conversation", String.class);
      own.append("secret");
      assertThat(persistence.log(second, "conversation", String.class).tail(10)).isEmpty();
    }
  }

  @Test
  void anOwnerHasToBeNamed() {
    assertThatThrownBy(() -> AgentId.external("")).isInstanceOf(PersistenceException.class);
    assertThatThrownBy(() -> AgentId.parse("")).isInstanceOf(PersistenceException.class);
  }

  /** A log without an owner would be everybody's. */
  @Test
  void everyLogAndStateNamesItsOwner() {
    List<Method> logs =
        Arrays.stream(Persistence.class.getMethods())
            .filter(method -> method.getName().equals("log"))
            .toList();
    assertThat(logs)
        .isNotEmpty()
        .allSatisfy(method -> assertThat(method.getParameterTypes()[0]).isEqualTo(AgentId.class));
  }
}
