package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.ManualTicker;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Counts the work of a runtime that has read once and then does nothing. All waits use a ticker.
 */
class IdleRuntimeTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration STEP = Duration.ofMillis(50);
  private static final int MOST_A_SECOND = 20;
  private static final int SECONDS = 60;

  private final ManualTicker ticker = new ManualTicker();
  private final Services services =
      new Services(new ServiceHealth(PersistenceListener.NOOP), ticker);

  @Test
  void wakesSeldom() {
    PersistenceConfig config = PersistenceConfig.inMemory().build();
    Stores stores = (Stores) stepped(Stores.class, new InMemoryStores().open(config));
    try (Persistence persistence = new CorePersistence(config, stores, services)) {
      Agent agent = persistence.agents().save(Agent.of("worker", "one")).value();
      for (DataType type : List.of(DataType.AGENT_STATE, DataType.SESSION_DATA)) {
        StateRepository<String> states =
            persistence.states(StateType.untyped(String.class).in(type));
        StateKey key = StateKey.of(agent.id(), "key");
        states.save(key, "value");
        assertThat(states.find(key)).isPresent();
        await()
            .atMost(SOON)
            .until(() -> persistence.operations().cacheStats(type).orElseThrow().watching());
      }
      ticker.advance(services, Duration.ofSeconds(10), STEP);
      long before = services.wakeUps();
      ticker.advance(services, Duration.ofSeconds(SECONDS), STEP);
      long wakeUps = services.wakeUps() - before;
      System.out.printf(
          "idle runtime: %d services, %.1f wake-ups a second%n",
          services.names().size(), (double) wakeUps / SECONDS);
      assertThat(services.notices()).isEmpty();
      assertThat(wakeUps).isBetween(2L * SECONDS, (long) MOST_A_SECOND * SECONDS);
    }
    await().atMost(SOON).until(() -> services.names().isEmpty());
  }

  /** The in-memory stores, whose journal readers wait by the ticker. */
  private Object stepped(Class<?> type, Object real) {
    return Proxy.newProxyInstance(
        IdleRuntimeTest.class.getClassLoader(),
        new Class<?>[] {type},
        (proxy, method, arguments) -> {
          Object result = call(real, method, arguments);
          if (result instanceof HotBucket bucket) {
            return new HotBucket(
                bucket.reads(),
                bucket.writes(),
                (Journal) stepped(Journal.class, bucket.journal()));
          }
          if (result instanceof HotStore) {
            return stepped(HotStore.class, result);
          }
          return result instanceof JournalReader reader ? new SteppedReader(reader) : result;
        });
  }

  private static Object call(Object real, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private final class SteppedReader implements JournalReader {

    private final JournalReader real;

    SteppedReader(JournalReader real) {
      this.real = real;
    }

    @Override
    public Optional<JournalEntry> next(Duration wait) {
      long end = ticker.nanos() + wait.toNanos();
      Optional<JournalEntry> next = real.next(Duration.ZERO);
      while (next.isEmpty() && ticker.nanos() < end && !Thread.currentThread().isInterrupted()) {
        LockSupport.parkNanos(200_000);
        next = real.next(Duration.ZERO);
      }
      return next;
    }

    @Override
    public long position() {
      return real.position();
    }

    @Override
    public void close() {
      real.close();
    }
  }
}
