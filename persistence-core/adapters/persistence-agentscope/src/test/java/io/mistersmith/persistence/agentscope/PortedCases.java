package io.mistersmith.persistence.agentscope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.agentscope.core.state.State;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * What AgentScope's InMemoryAgentStateStoreTest and AgentStateStoreVersioningContractTest demand,
 * each case under the name that it has there.
 */
abstract class PortedCases extends StoreTests {

  /** A state of an application. */
  record TestState(String value, int count) implements State {}

  private Optional<TestState> get(String session, String key) {
    return store().get(null, session, key, TestState.class);
  }

  private void save(String session, String key, String value, int count) {
    store().save(null, session, key, new TestState(value, count));
  }

  @Test
  void testSaveAndGetSingleState() {
    save("session1", "testModule", "test_value", 42);
    assertThat(store().exists(null, "session1")).isTrue();
    assertThat(get("session1", "testModule")).contains(new TestState("test_value", 42));
  }

  @Test
  void testSaveAndGetListState() {
    List<TestState> states = List.of(new TestState("value1", 1), new TestState("value2", 2));
    store().save(null, "session1", "testList", states);
    assertThat(store().getList(null, "session1", "testList", TestState.class)).isEqualTo(states);
  }

  @Test
  void testGetNonExistentState() {
    assertThat(get("non_existent", "testModule")).isEmpty();
  }

  @Test
  void testGetNonExistentListState() {
    assertThat(store().getList(null, "non_existent", "testList", TestState.class)).isEmpty();
  }

  @Test
  void testSessionExistsReturnsFalse() {
    assertThat(store().exists(null, "non_existent")).isFalse();
  }

  @Test
  void testDeleteSession() {
    save("session_to_delete", "testModule", "value", 0);
    assertThat(store().exists(null, "session_to_delete")).isTrue();
    store().delete(null, "session_to_delete");
    assertThat(store().exists(null, "session_to_delete")).isFalse();
    assertThat(get("session_to_delete", "testModule")).isEmpty();
  }

  @Test
  void testListSessionKeys() {
    save("session1", "testModule", "value1", 1);
    save("session2", "testModule", "value2", 2);
    save("session3", "testModule", "value3", 3);
    assertThat(store().listSessionIds(null))
        .containsExactlyInAnyOrder("session1", "session2", "session3");
  }

  @Test
  void testListSessionKeysEmpty() {
    assertThat(store().listSessionIds(null)).isEmpty();
  }

  @Test
  void testGetSessionCount() {
    assertThat(store().listSessionIds(null)).isEmpty();
    save("session1", "testModule", "value1", 1);
    assertThat(store().listSessionIds(null)).hasSize(1);
    save("session2", "testModule", "value2", 2);
    assertThat(store().listSessionIds(null)).hasSize(2);
    store().delete(null, "session1");
    assertThat(store().listSessionIds(null)).hasSize(1);
  }

  @Test
  void testClearAll() {
    save("session1", "testModule", "value1", 1);
    save("session2", "testModule", "value2", 2);
    assertThat(store().forgetUser(null)).isEqualTo(2);
    assertThat(store().listSessionIds(null)).isEmpty();
    assertThat(store().exists(null, "session1")).isFalse();
    assertThat(store().exists(null, "session2")).isFalse();
  }

  @Test
  void testUpdateState() {
    save("update_session", "testModule", "initial", 1);
    save("update_session", "testModule", "updated", 2);
    assertThat(get("update_session", "testModule")).contains(new TestState("updated", 2));
  }

  @Test
  void testMultipleKeysInSameSession() {
    save("multi_key_session", "module1", "value1", 1);
    save("multi_key_session", "module2", "value2", 2);
    assertThat(get("multi_key_session", "module1")).contains(new TestState("value1", 1));
    assertThat(get("multi_key_session", "module2")).contains(new TestState("value2", 2));
  }

  @Test
  void testMissingKeyInExistingSession() {
    save("existing_session", "module1", "value1", 1);
    assertThat(get("existing_session", "missing_key")).isEmpty();
  }

  @Test
  void aSessionNeedsAnId() {
    assertThatThrownBy(() -> store().exists(null, " "))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private long saveIfVersion(String value, long expected) {
    return store()
        .saveIfVersion("user", "session-1", "agent_state", new TestState(value, 0), expected);
  }

  private long version() {
    return store().version("user", "session-1", "agent_state");
  }

  private Optional<String> value() {
    return store().get("user", "session-1", "agent_state", TestState.class).map(TestState::value);
  }

  @Test
  void getVersioned_absent_returnsVersionZero() {
    assertThat(value()).isEmpty();
    assertThat(version()).isZero();
  }

  @Test
  void saveIfVersion_createIfAbsent() {
    assertThat(saveIfVersion("created", 0)).isEqualTo(1);
    assertThat(value()).contains("created");
    assertThat(version()).isEqualTo(1);
    assertThat(saveIfVersion("lost", 0)).isEqualTo(PersistentAgentStateStore.UNVERSIONED);
    assertThat(value()).contains("created");
  }

  @Test
  void saveIfVersion_unconditionalOverwrite() {
    store().save("user", "session-1", "agent_state", new TestState("v1", 0));
    assertThat(version()).isEqualTo(1);
    assertThat(saveIfVersion("v2", PersistentAgentStateStore.UNVERSIONED)).isEqualTo(2);
    assertThat(value()).contains("v2");
    assertThat(version()).isEqualTo(2);
  }

  @Test
  void plainSave_bumpsVersion() {
    store().save("user", "session-1", "agent_state", new TestState("one", 0));
    assertThat(version()).isEqualTo(1);
    store().save("user", "session-1", "agent_state", new TestState("two", 0));
    assertThat(version()).isEqualTo(2);
  }

  @Test
  void concurrentWriters_onlyOneSucceeds() throws Exception {
    assertThat(saveIfVersion("baseline", 0)).isEqualTo(1);
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      Callable<Long> attempt = () -> saveIfVersion("winner", 1);
      long won = 0;
      for (Future<Long> result : pool.invokeAll(List.of(attempt, attempt))) {
        won += result.get() == 2 ? 1 : 0;
      }
      assertThat(won).isEqualTo(1);
    } finally {
      pool.shutdown();
    }
    assertThat(version()).isEqualTo(2);
  }
}
