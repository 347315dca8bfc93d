package io.mistersmith.persistence.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agentic.scope.AgenticScopeKey;
import dev.langchain4j.agentic.scope.AgenticScopeRegistry;
import dev.langchain4j.agentic.scope.AgenticScopeStore;
import dev.langchain4j.agentic.scope.DefaultAgenticScope;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.SharedStores;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a store of agentic scopes must do. */
abstract class AgenticScopeStoreContract {

  private final AgentId owner = AgentId.external("scopes-" + UUID.randomUUID());
  private final AgenticScopeKey key = new AgenticScopeKey("planner.one", 7L);

  abstract SharedStores stores();

  private AgenticScopeStore store() {
    return PersistentAgenticScopeStore.of(stores().runtime(), owner);
  }

  private static DefaultAgenticScope scope(String city) {
    DefaultAgenticScope scope = new AgenticScopeRegistry("planner.one").create(7L);
    scope.writeState("city", city);
    return scope;
  }

  @Test
  void loadsWhatAnotherProcessSaved() {
    AgenticScopeStore store = PersistentAgenticScopeStore.of(stores().another(), owner);
    assertThat(store.save(key, scope("Oslo"))).isTrue();
    assertThat(store.save(key, scope("Rome"))).isTrue();
    assertThat(store().load(key)).get().extracting(s -> s.readState("city")).isEqualTo("Rome");
    assertThat(store().load(key)).get().extracting(DefaultAgenticScope::memoryId).isEqualTo(7L);
  }

  @Test
  void returnsNothingForAnUnknownKey() {
    assertThat(store().load(key)).isEmpty();
  }

  @Test
  void deletesAScopeOnce() {
    store().save(key, scope("Oslo"));
    assertThat(store().delete(key)).isTrue();
    assertThat(store().delete(key)).isFalse();
    assertThat(store().load(key)).isEmpty();
  }

  @Test
  void returnsAllKeysWithTheTypesOfTheirMemoryIds() {
    AgenticScopeKey text = new AgenticScopeKey("planner", "7");
    AgenticScopeKey number = new AgenticScopeKey("a.b", 7);
    AgenticScopeKey uuid = new AgenticScopeKey("", UUID.randomUUID());
    for (AgenticScopeKey each : new AgenticScopeKey[] {key, text, number, uuid}) {
      store().save(each, scope("Oslo"));
    }
    assertThat(store().getAllKeys()).containsExactlyInAnyOrder(key, text, number, uuid);
  }
}
