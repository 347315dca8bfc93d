package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.StateStore;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** The queries that a list of keys sends to the durable store. */
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
      persistence.lifecycle().flush(agent.id(), Duration.ofSeconds(20));

      asked.clear();
      assertThat(states.keys(agent.id(), "")).containsExactly(key);
      assertThat(List.copyOf(asked))
          .contains("latest", "keys")
          .doesNotContain("findByAgent", "findAll", "find");
      assertThat(List.copyOf(asked)).as("all is flushed").doesNotContain("list", "keysAsync");
    }
  }

  /** Notes the calls of the store of agent state and of the buckets. */
  private <T> T noting(Class<T> type, T real) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (type != Stores.class) {
                asked.add(method.getName());
              }
              try {
                Object result = method.invoke(real, arguments);
                if (result instanceof SqlStore sql) {
                  return noting(SqlStore.class, sql);
                }
                if (result instanceof StateStore states) {
                  return noting(StateStore.class, states);
                }
                if (result instanceof HotStore hot) {
                  return noting(HotStore.class, hot);
                }
                return result instanceof HotBucket bucket
                    ? new HotBucket(
                        noting(HotReads.class, bucket.reads()), bucket.writes(), bucket.journal())
                    : result;
              } catch (InvocationTargetException e) {
                throw e.getTargetException();
              }
            }));
  }
}
