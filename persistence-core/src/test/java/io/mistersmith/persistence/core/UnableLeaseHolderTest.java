package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The runtime that holds the lease cannot flush any more, and the one that wrote is dead. The clock
 * does not move, so the lease never runs out by itself.
 */
class UnableLeaseHolderTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  /** A look is taken in each third of a lease of two seconds; two of them show a standstill. */
  private static final Duration TAKEN_OVER = Duration.ofSeconds(5);

  private static final int WRITES = 50;

  enum Trouble {
    CUT_OFF_FROM_THE_HOT_STORE,
    ITS_TRANSACTIONS_FAIL,
    ITS_READER_IS_DEAF,
    ITS_LISTENER_HANGS
  }

  private final InMemoryStores stores = new InMemoryStores();
  private final ManualClock clock = ManualClock.create();
  private final Agent agent = Agent.of("test", "tester");
  private final CountDownLatch hanging = new CountDownLatch(1);
  private final AtomicBoolean hangs = new AtomicBoolean();
  private final AtomicBoolean deaf = new AtomicBoolean();
  private final Faults holderFaults = new Faults(1);
  private final Faults writerFaults = new Faults(2);

  @AfterEach
  void letGo() {
    hanging.countDown();
    holderFaults.clear();
    writerFaults.clear();
  }

  @ParameterizedTest
  @EnumSource
  void anotherRuntimeFlushesForTheDeadWriter(Trouble trouble) {
    try (Persistence holder =
            Persistence.open(
                config().toBuilder().listener(hangingListener()).build(),
                deafable(new FaultyStores(stores, holderFaults)));
        Stores probe = stores.open(config())) {
      holder.agents().save(agent);
      StateRepository<Integer> states = holder.states(Integer.class);
      states.awaitDurable(key(-1), states.save(key(-1), 0).revision(), SOON);
      try (Persistence waiting = Persistence.open(config(), stores);
          Persistence writer = Persistence.open(config(), new FaultyStores(stores, writerFaults))) {
        assertThat(waiting.operations().notices()).isEmpty();
        writerFaults.sqlOutage(true); // it can write, and flush nothing
        begin(trouble, states);
        StateRepository<Integer> writes = writer.states(Integer.class);
        List<StateKey> keys = IntStream.range(0, WRITES).mapToObj(this::key).toList();
        keys.forEach(key -> writes.save(key, 1));
        await()
            .atMost(TAKEN_OVER)
            .untilAsserted(
                () -> assertThat(probe.sql().states().findAll(keys)).as("rows").hasSize(WRITES));
        letGo();
      }
    }
  }

  private void begin(Trouble trouble, StateRepository<Integer> states) {
    switch (trouble) {
      case CUT_OFF_FROM_THE_HOT_STORE -> holderFaults.hotOutage(true);
      case ITS_TRANSACTIONS_FAIL -> holderFaults.on(Call.APPLY).loseRequests(1);
      case ITS_READER_IS_DEAF -> deaf.set(true);
      case ITS_LISTENER_HANGS -> {
        hangs.set(true);
        states.save(key(-2), 0);
        await().atMost(SOON).until(() -> !hangs.get());
      }
    }
  }

  private PersistenceConfig config() {
    return PersistenceConfig.inMemory().clock(clock).build();
  }

  private StateKey key(int number) {
    return StateKey.of(agent.id(), "k" + number);
  }

  private PersistenceListener hangingListener() {
    return PersistenceListener.of(
        PersistenceEvent.Flushed.class,
        report -> {
          if (hangs.compareAndSet(true, false)) {
            try {
              assertThat(hanging.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        });
  }

  /** The same stores, whose journal readers deliver nothing once {@link #deaf} is set. */
  private StoreProvider deafable(StoreProvider provider) {
    return config -> {
      Stores opened = provider.open(config);
      return decorate(
          Stores.class,
          opened,
          answer ->
              answer instanceof HotStore hot
                  ? decorate(
                      HotStore.class,
                      hot,
                      part -> part instanceof HotBucket bucket ? deafable(bucket) : part)
                  : answer);
    };
  }

  private HotBucket deafable(HotBucket bucket) {
    return new HotBucket(
        bucket.reads(),
        bucket.writes(),
        decorate(
            Journal.class,
            bucket.journal(),
            answer -> answer instanceof JournalReader reader ? deafable(reader) : answer));
  }

  private JournalReader deafable(JournalReader reader) {
    return new JournalReader() {
      @Override
      public Optional<JournalEntry> next(Duration wait) {
        boolean flushing = Thread.currentThread().getName().startsWith("persistence-flush");
        return deaf.get() && flushing ? silence(wait) : reader.next(wait);
      }

      @Override
      public long position() {
        return reader.position();
      }

      @Override
      public void close() {
        reader.close();
      }
    };
  }

  private Optional<JournalEntry> silence(Duration wait) {
    try {
      boolean over = hanging.await(wait.toNanos(), TimeUnit.NANOSECONDS);
      assertThat(over).isIn(true, false);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Optional.empty();
  }

  private interface Change {
    Object of(Object answer);
  }

  private static <T> T decorate(Class<T> type, T real, Change change) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              try {
                Object answer = method.invoke(real, arguments);
                return answer == null ? null : change.of(answer);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
