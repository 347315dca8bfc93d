package io.mistersmith.persistence.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.ConflictResolver.Resolution;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Application code that the engine calls throws what it should not, or interrupts the engine's
 * threads. Afterwards every service works, and no key is left behind.
 */
@Execution(ExecutionMode.CONCURRENT)
class CallbackFailuresTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int KEYS = 28;

  enum Callback {
    LISTENER,
    CLOCK,
    CODEC,
    RESOLVER,
    WATCH,
    CONTINUATION
  }

  enum Misdeed {
    ASSERTION_ERROR,
    STACK_OVERFLOW,
    OUT_OF_MEMORY,
    CLASS_NOT_FOUND,
    RUNTIME_EXCEPTION,
    INTERRUPT
  }

  static Stream<Arguments> all() {
    return Stream.of(Callback.values())
        .flatMap(
            callback ->
                Stream.of(Misdeed.values()).map(misdeed -> Arguments.of(callback, misdeed)));
  }

  private final InMemoryStores stores = new InMemoryStores();
  private final ManualClock clock = ManualClock.create();
  private final Agent agent = Agent.of("test", "tester");
  private final Set<Long> heard = ConcurrentHashMap.newKeySet();

  @ParameterizedTest
  @MethodSource("all")
  void everyServiceGoesOn(Callback callback, Misdeed misdeed) throws Exception {
    Saboteur saboteur = new Saboteur(callback, misdeed);
    PersistenceConfig config =
        PersistenceConfig.inMemory()
            .clock(new SabotagedClock(clock, saboteur))
            .listener(saboteur.listener())
            .consistency(
                ConsistencyConfig.builder().interval(Duration.ofMillis(200)).sampleSize(10).build())
            .build();
    try (Persistence persistence = Persistence.open(config, stores)) {
      persistence.agents().save(agent);
      StateRepository<Long> plain =
          persistence.states(StateType.untyped(Long.class).withCodec(new Codec(saboteur)));
      StateRepository<Long> resolving =
          persistence.states(
              StateType.untyped(Long.class)
                  .withCodec(new Codec(saboteur))
                  .withRules(
                      ConflictRules.of(
                          conflict -> {
                            saboteur.act(Callback.RESOLVER);
                            return Resolution.takeIncoming();
                          })));
      try (StateRepository.Watch watch =
          plain.watch(
              agent.id(),
              event -> {
                saboteur.act(Callback.WATCH);
                event.value().ifPresent(current -> heard.add(current.value()));
              })) {
        assertThat(watch).isNotNull();
        saboteur.begin();
        workUntilItHasActed(saboteur, plain, resolving);
        saboteur.rest();
        assertEverythingWorks(persistence, plain, resolving, saboteur);
      }
    }
  }

  /** Each exception comes back to the caller or goes to the log; every future completes. */
  private void workUntilItHasActed(
      Saboteur saboteur, StateRepository<Long> plain, StateRepository<Long> resolving) {
    await()
        .atMost(SOON)
        .until(
            () -> {
              List<CompletableFuture<?>> writes = new ArrayList<>();
              for (long i = 0; i < KEYS; i++) {
                StateKey key = key(i);
                long number = i;
                attempt(() -> writes.add(saboteur.followed(async(plain, key, number))));
                attempt(() -> writes.add(saboteur.followed(async(resolving, key, number))));
                attempt(() -> resolving.save(key, number));
                attempt(() -> plain.find(key));
              }
              for (CompletableFuture<?> write : writes) {
                assertThat(write.handle((value, failure) -> true)).succeedsWithin(SOON);
              }
              return saboteur.acted() >= 3;
            });
  }

  private static CompletableFuture<Versioned<Long>> async(
      StateRepository<Long> states, StateKey key, long number) {
    return states.saveAsync(key, number, SaveOptions.unconditional());
  }

  private void assertEverythingWorks(
      Persistence persistence,
      StateRepository<Long> plain,
      StateRepository<Long> resolving,
      Saboteur saboteur) {
    List<CompletableFuture<Versioned<Long>>> writes =
        IntStream.range(0, KEYS).mapToObj(i -> async(resolving, key(i), 1000 + i)).toList();
    for (CompletableFuture<Versioned<Long>> write : writes) {
      assertThat(write).succeedsWithin(SOON);
    }
    for (int i = 0; i < KEYS; i++) {
      plain.awaitDurable(key(i), writes.get(i).join().revision(), SOON);
    }
    await()
        .atMost(SOON)
        .until(() -> IntStream.range(0, KEYS).allMatch(i -> heard.contains(1000L + i)));
    await()
        .atMost(SOON)
        .until(() -> plain.find(key(1)).orElseThrow().layer() == StorageLayer.MEMORY_CACHE);
    await().atMost(SOON).until(() -> saboteur.checks() > 1);
    clock.advance(Duration.ofMinutes(31));
    try (Stores probe = stores.open(PersistenceConfig.inMemory().clock(clock).build())) {
      await()
          .atMost(SOON)
          .until(
              () -> probe.hot().bucket(Bucket.AGENT_STATE).reads().list(agent.id(), "").isEmpty());
    }
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(persistence.operations().notices()).isEmpty());
    assertThat(persistence.close(SOON)).isZero();
  }

  private StateKey key(long number) {
    return StateKey.of(agent.id(), "k" + number);
  }

  private static void attempt(Runnable call) {
    try {
      call.run();
    } catch (Throwable e) {
      assertThat(e).isNotNull(); // what the callback threw, or what came of it
    }
  }

  /** Misbehaves in one callback until it rests. An interrupt hits the library's threads alone. */
  private static final class Saboteur {

    private final Callback where;
    private final Misdeed misdeed;
    private volatile boolean resting = true;
    private volatile int acted;
    private volatile int checks;

    Saboteur(Callback where, Misdeed misdeed) {
      this.where = where;
      this.misdeed = misdeed;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // a lower count does no harm
    void act(Callback callback) {
      boolean library = Thread.currentThread().getName().startsWith("persistence-");
      if (resting || callback != where || (misdeed == Misdeed.INTERRUPT && !library)) {
        return;
      }
      acted++;
      switch (misdeed) {
        case ASSERTION_ERROR -> throw new AssertionError("sabotage");
        case STACK_OVERFLOW -> throw new StackOverflowError("sabotage");
        case OUT_OF_MEMORY -> throw new OutOfMemoryError("sabotage");
        case CLASS_NOT_FOUND -> throw new NoClassDefFoundError("sabotage");
        case RUNTIME_EXCEPTION -> throw new IllegalStateException("sabotage");
        case INTERRUPT -> Thread.currentThread().interrupt();
      }
    }

    <T> CompletableFuture<T> followed(CompletableFuture<T> write) {
      var unused = write.whenComplete((value, failure) -> act(Callback.CONTINUATION));
      return write;
    }

    void begin() {
      resting = false;
    }

    int acted() {
      return acted;
    }

    void rest() {
      resting = true;
    }

    int checks() {
      return checks;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread checks
    PersistenceListener listener() {
      return event -> {
        act(Callback.LISTENER);
        if (resting && event instanceof PersistenceEvent.ConsistencyChecked) {
          checks++;
        }
      };
    }
  }

  private record Codec(Saboteur saboteur) implements JsonCodec<Long> {

    @Override
    public byte[] encode(Long value) {
      saboteur.act(Callback.CODEC);
      return Long.toString(value).getBytes(UTF_8);
    }

    @Override
    public Long decode(byte[] json) {
      saboteur.act(Callback.CODEC);
      return Long.valueOf(new String(json, UTF_8));
    }
  }

  private static final class SabotagedClock extends Clock {

    private final Clock clock;
    private final Saboteur saboteur;

    SabotagedClock(Clock clock, Saboteur saboteur) {
      this.clock = clock;
      this.saboteur = saboteur;
    }

    @Override
    public Instant instant() {
      saboteur.act(Callback.CLOCK);
      return clock.instant();
    }

    @Override
    public ZoneId getZone() {
      return clock.getZone();
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return new SabotagedClock(clock.withZone(zone), saboteur);
    }
  }
}
