package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.repository.StateRepository;
import io.mistersmith.persistence.spi.StateStore;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** What a list of keys asks the durable store for. */
class KeysTest {

  private final InMemoryStores memory = new InMemoryStores();
  private final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
  private final Agent agent = Agent.of("test", "tester");

  @Test
  void itReadsNoValue() {
    StoreProvider provider = config -> noting(Stores.class, memory.open(config));
    try (Persistence persistence =
        Persistence.open(PersistenceConfig.inMemory().build(), provider)) {
      persistence.agents().save(agent);
      StateRepository<String> states = persistence.states(String.class);
      StateKey key = StateKey.of(agent.id(), "k");
      states.save(key, "value");
      states.save(StateKey.of(agent.id(), "gone"), "value");
      states.delete(StateKey.of(agent.id(), "gone"));
      states.flush(agent.id().toString(), Duration.ofSeconds(20));

      asked.clear();
      assertThat(states.keys(agent.id().toString(), "")).containsExactly(key);
      assertThat(List.copyOf(asked))
          .contains("keys")
          .doesNotContain("findByAgent", "findAll", "find");
    }
  }

  /** Notes the calls of the store of agent state. */
  private <T> T noting(Class<T> type, T real) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (type == StateStore.class) {
                asked.add(method.getName());
              }
              try {
                Object result = method.invoke(real, arguments);
                return result instanceof StateStore states
                    ? noting(StateStore.class, states)
                    : result;
              } catch (InvocationTargetException e) {
                throw e.getTargetException();
              }
            }));
  }
}
