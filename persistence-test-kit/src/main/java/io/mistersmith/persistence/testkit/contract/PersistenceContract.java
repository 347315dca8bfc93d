package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.repository.JsonCodec;
import io.mistersmith.persistence.repository.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What the contracts about the API have in common. */
public abstract class PersistenceContract {

  /** How long a test waits for what must happen. */
  static final Duration SOON = Duration.ofSeconds(15);

  private static final Duration IDLE = Duration.ofMillis(400);
  private static final Duration SWEEP = Duration.ofMillis(50);

  private final Deque<Persistence> opened = new ArrayDeque<>();
  private PersistenceFixture fixture;
  private Persistence persistence;
  private UUID agent;

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
    FlushConfig impatient = FlushConfig.defaults().withIdleTimeToLive(IDLE, SWEEP);
    Persistence evicting = open(config().flush(impatient).listener(evictions).build());
    elapse(IDLE.plusMillis(100));
    Awaitility.await().atMost(SOON).until(() -> evictions.evicted() >= entries);
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

  final PersistenceConfig.Builder config() {
    return fixture.config();
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
  final UUID agent() {
    return agent;
  }

  final UUID register() {
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
    return persistence.states(DataType.AGENT_STATE, new TextCodec());
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
