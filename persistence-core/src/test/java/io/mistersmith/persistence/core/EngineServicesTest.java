package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.core.metrics.PersistenceMetrics;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every service of an engine, at once, whose calls into the stores throw what no store should, or
 * interrupt: each says so, lives, and works again afterwards.
 */
class EngineServicesTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  enum Misdeed {
    ASSERTION_ERROR,
    STACK_OVERFLOW,
    OUT_OF_MEMORY,
    RUNTIME_EXCEPTION,
    INTERRUPT
  }

  private final Set<String> failed = ConcurrentHashMap.newKeySet();
  private final PersistenceListener listener =
      PersistenceListener.of(
          PersistenceEvent.ServiceFailed.class,
          failure -> {
            failed.add(failure.service());
            throw new AssertionError("a listener that fails");
          });
  private final Services services = new Services(new ServiceHealth(listener), Ticker.SYSTEM);
  private volatile boolean resting = true;

  @ParameterizedTest
  @EnumSource
  void liveWhateverTheStoresThrow(Misdeed misdeed) throws Exception {
    PersistenceConfig config =
        PersistenceConfig.inMemory()
            .flush(
                FlushConfig.builder()
                    .idleTimeToLive(Duration.ofMinutes(30))
                    .sweepInterval(Duration.ofMillis(200))
                    .build())
            .consistency(
                ConsistencyConfig.builder().interval(Duration.ofMillis(200)).sampleSize(20).build())
            .backpressure(
                BackpressureConfig.block(SOON).toBuilder().interval(Duration.ofMillis(50)).build())
            .listener(listener)
            .build();
    Stores stores = (Stores) sabotaged(misdeed, Stores.class, new InMemoryStores().open(config));
    PersistenceMetrics metrics = new PersistenceMetrics(new SimpleMeterRegistry());
    BlockingQueue<String> watched = new LinkedBlockingQueue<>();
    try (CorePersistence engine = new CorePersistence(config, stores, services)) {
      Agent agent = engine.agents().save(Agent.of("worker", "one")).value();
      StateRepository<String> states = engine.states(String.class);
      StateKey key = StateKey.of(agent.id(), "key");
      states.save(key, "before");
      assertThat(states.find(key)).isPresent();
      metrics.bind(engine, Duration.ofMillis(200));
      try (StateRepository.Watch watch =
          states.watch(
              agent.id(), event -> event.value().ifPresent(now -> watched.add(now.value())))) {
        assertThat(watch).isNotNull();
        List<String> names = services.names();
        resting = false;
        Set<String> mustSay =
            Set.of("persistence-flush-AGENT_STATE", "persistence-backlog-AGENT_STATE");
        if (misdeed != Misdeed.INTERRUPT) {
          await().atMost(SOON).until(() -> failed.containsAll(mustSay));
          assertThat(services.notices()).isNotEmpty();
        } else {
          await().pollDelay(Duration.ofSeconds(1)).atMost(SOON).until(() -> true);
        }
        resting = true;
        await().atMost(SOON).untilAsserted(() -> assertThat(services.notices()).isEmpty());
        assertThat(services.names()).containsAll(names);
        states.save(
            key, "after", SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED));
        await().atMost(SOON).until(() -> watched.contains("after"));
        await()
            .atMost(SOON)
            .until(
                () -> {
                  states.find(key);
                  return engine
                      .operations()
                      .cacheStats(DataType.AGENT_STATE)
                      .orElseThrow()
                      .watching();
                });
      }
      metrics.close();
    }
    assertThat(services.names()).isEmpty();
  }

  /** The same object, whose calls on the engine's own threads go wrong while nobody rests. */
  private Object sabotaged(Misdeed misdeed, Class<?> type, Object real) {
    return Proxy.newProxyInstance(
        EngineServicesTest.class.getClassLoader(),
        new Class<?>[] {type},
        (proxy, method, arguments) -> {
          if (!resting && Thread.currentThread().getName().startsWith("persistence-")) {
            act(misdeed);
          }
          Object result = call(real, method, arguments);
          if (result instanceof HotBucket bucket) {
            return new HotBucket(
                (HotReads) sabotaged(misdeed, HotReads.class, bucket.reads()),
                (HotWrites) sabotaged(misdeed, HotWrites.class, bucket.writes()),
                (Journal) sabotaged(misdeed, Journal.class, bucket.journal()));
          }
          Class<?> declared = method.getReturnType();
          return declared.isInterface()
                  && declared.getPackageName().startsWith(Stores.class.getPackageName())
              ? sabotaged(misdeed, declared, result)
              : result;
        });
  }

  private static Object call(Object real, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static void act(Misdeed misdeed) {
    switch (misdeed) {
      case ASSERTION_ERROR -> throw new AssertionError("sabotage");
      case STACK_OVERFLOW -> throw new StackOverflowError("sabotage");
      case OUT_OF_MEMORY -> throw new OutOfMemoryError("sabotage");
      case RUNTIME_EXCEPTION -> throw new IllegalStateException("sabotage");
      case INTERRUPT -> Thread.currentThread().interrupt();
    }
  }
}
