package io.mistersmith.persistence.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgentIdTest {

  private static final UUID ID = UUID.fromString("6f1c2f9e-6f3b-4c55-8f0e-2a4c6d8e0f11");

  @Test
  void aRegisteredAgentIsItsUuid() {
    AgentId agent = AgentId.of(ID);
    assertThat(agent.isExternal()).isFalse();
    assertThat(agent.uuid()).isEqualTo(ID);
    assertThat(agent.name()).isEqualTo(ID.toString());
    assertThat(agent).hasToString(ID.toString()).isEqualTo(AgentId.parse(ID.toString()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"thread-7", "_", "_x", "\u65e5\u672c", "6f1c2f9e-6f3b-4c55-8f0e-2a4c6d8e0f11"})
  void anExternalOwnerIsItsNameAndNobodyElse(String name) {
    AgentId owner = AgentId.external(name);
    assertThat(owner.isExternal()).isTrue();
    assertThat(owner.name()).isEqualTo(name);
    assertThat(AgentId.parse(owner.toString())).isEqualTo(owner).hasSameHashCodeAs(owner);
    assertThat(owner.uuid().version()).isEqualTo(8);
    assertThat(owner.uuid().variant()).isEqualTo(2);
    assertThat(owner).isNotEqualTo(AgentId.of(ID));
  }

  /** The rows of a database and the subjects of a bucket depend on them. */
  @Test
  void uuidsAndShardsNeverChange() {
    assertThat(AgentId.external("thread-7").uuid())
        .hasToString("7369a510-fb91-87db-ab50-74391bb95b5d");
    assertThat(AgentId.external("\u65e5\u672c").uuid())
        .hasToString("cf2abf0c-5be3-86cb-922a-70f8163f9107");
    assertThat(AgentId.external("thread-7").shard()).isEqualTo(394);
    assertThat(AgentId.of(ID).shard()).isEqualTo(385);
  }

  @Test
  void ownersAreSpreadEvenlyOverTheShards() {
    int[] owners = new int[AgentId.SHARDS];
    for (int i = 0; i < 100 * AgentId.SHARDS; i++) {
      owners[AgentId.external("thread-" + i).shard()]++;
    }
    for (int count : owners) {
      assertThat(count).isBetween(50, 170);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "_",
        "thread-7",
        "6F1C2F9E-6F3B-4C55-8F0E-2A4C6D8E0F11",
        "1-1-1-1-1",
        "{6f1c2f9e-6f3b-4c55-8f0e-2a4c6d8e0f11}",
        "6f1c2f9e-6f3b-8c55-8f0e-2a4c6d8e0f11",
        "_a\u0000"
      })
  void readsNoOtherText(String text) {
    assertRefused(() -> AgentId.parse(text));
  }

  @Test
  void aUuidOfVersion8IsKeptForExternalOwners() {
    UUID taken = AgentId.external("thread-7").uuid();
    assertRefused(() -> AgentId.of(taken));
  }

  private static void assertRefused(Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            NonTransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.INVALID_KEY));
  }
}
