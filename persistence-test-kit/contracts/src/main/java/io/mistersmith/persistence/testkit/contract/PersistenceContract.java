package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The common part of the contracts about the API. */
public abstract class PersistenceContract {

  /** How long a test waits for what must happen. */
  static final Duration SOON = Duration.ofSeconds(60);

  private static final Duration IDLE = Duration.ofMillis(400);
  private static final Duration SWEEP = Duration.ofMillis(50);

  private final Deque<Persistence> opened = new ArrayDeque<>();
  private final Deque<Stores> openedStores = new ArrayDeque<>();
  private PersistenceFixture fixture;
  private Persistence persistence;
  private AgentId agent;

  /** For the contracts. */
  @SuppressWarnings("NullAway.Init") // JUnit calls setUp before any test
  PersistenceContract() {}

  /** A new fixture, called once for each test. */
  protected abstract PersistenceFixture fixture();

  @BeforeEach
  final void setUp() {
    fixture = fixture();
    persistence = open(config().build());
    agent = register();
  }

  @AfterEach
  final void tearDown() {
    while (!opened.isEmpty()) {
      opened.pop().close(Duration.ofSeconds(2));
    }
    openedStores.forEach(Stores::close);
    fixture.close();
  }

  /**
   * Closes all runtimes, and leaves what they have written in PostgreSQL alone: at least so many
   * entries. Returns how many.
   */
  final int evictAll(int entries) {
    while (!opened.isEmpty()) {
      opened.pop().close(SOON);
    }
    LifecycleChanges evictions = new LifecycleChanges();
    FlushConfig impatient = FlushConfig.builder().idleTimeToLive(IDLE).sweepInterval(SWEEP).build();
    Persistence evicting = open(config().flush(impatient).listener(evictions).build());
    elapse(IDLE.plusMillis(100));
    // Time goes on: what was committed only after the jump is not idle yet at the first sweep.
    Awaitility.await()
        .atMost(SOON)
        .until(
            () -> {
              boolean evicted = evictions.evicted() >= entries;
              if (!evicted) {
                elapse(SWEEP);
              }
              return evicted;
            });
    evicting.close(SOON);
    return evictions.evicted();
  }

  final Persistence persistence() {
    return persistence;
  }

  /** Opens another runtime on the same data; closed after the test. */
  final Persistence open(PersistenceConfig config) {
    Persistence more = fixture.open(config);
    opened.push(more);
    return more;
  }

  /** Opens another runtime on the same data, with faults in its stores; closed after the test. */
  final Persistence open(PersistenceConfig config, Faults faults) {
    Persistence more = fixture.open(config, faults);
    opened.push(more);
    return more;
  }

  /** Opens the stores under the runtimes; closed after the test. */
  final Stores stores() {
    Stores direct = fixture.stores(config().build());
    openedStores.push(direct);
    return direct;
  }

  final PersistenceConfig.Builder config() {
    return fixture.config();
  }

  final void hotOutage(boolean away) {
    fixture.hotOutage(away);
  }

  /** How many bytes the stores have of so many bytes of JSON. */
  final int storedBytes(int json) {
    return fixture.storedBytes(json);
  }

  final void elapse(Duration time) {
    fixture.elapse(time);
  }

  /** Makes a call in {@code slow}, and lets it go on when {@code overtaking} is done. */
  final <T> T overtaken(Faults slow, Callable<T> call, Runnable overtaking) throws Exception {
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try (Gate gate = slow.on(Call.GET).pauseBefore()) {
      Future<T> outcome = pool.submit(call);
      assertThat(gate.awaitArrival(SOON)).isTrue();
      elapse(Duration.ofMillis(20));
      overtaking.run();
      gate.release();
      return outcome.get(SOON.toSeconds(), TimeUnit.SECONDS);
    } finally {
      pool.shutdownNow();
    }
  }

  /** A registered agent. */
  final AgentId agent() {
    return agent;
  }

  final AgentId register() {
    return persistence.agents().save(Agent.of("contract", "one")).value().id();
  }

  final StateKey key(String key) {
    return StateKey.of(agent, key);
  }

  /** The repository that the contract is about; a subclass may give another kind of it. */
  protected StateRepository<Object> states(Persistence runtime) {
    return runtime.states(Object.class);
  }

  /** State of any JSON shape. */
  final StateRepository<Object> states() {
    return states(persistence);
  }

  /** State as the JSON text that the caller wrote. */
  final StateRepository<String> texts() {
    return persistence.states(StateType.untyped(String.class).withCodec(new TextCodec()));
  }

  final Versioned<Object> find(StateKey key) {
    return states().find(key).orElseThrow();
  }

  /** The row of a key, which a bulk call must have. */
  static <K, T> T row(Map<K, DataResult<T>> rows, K key) {
    return Objects.requireNonNull(rows.get(key), () -> "no row for " + key).orElseThrow();
  }

  /** The kind of failure in the row of a key. */
  static <K, T> DataError failure(Map<K, DataResult<T>> rows, K key) {
    DataResult<T> row = Objects.requireNonNull(rows.get(key), () -> "no row for " + key);
    return row.failure().orElseThrow().error();
  }

  /** Hands JSON texts through as they are. */
  static final class TextCodec implements JsonCodec<String> {

    @Override
    public byte[] encode(String value) {
      return value.getBytes(UTF_8);
    }

    @Override
    public String decode(byte[] json) {
      return DurableContract.compact(json);
    }
  }
}
