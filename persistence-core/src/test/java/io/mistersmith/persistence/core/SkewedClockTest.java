package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One process's clock is wrong by an hour, or was when it stored what the others meet. */
class SkewedClockTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration IDLE = Duration.ofMinutes(30);

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores stores = new InMemoryStores(clock);
  private final Deque<Persistence> opened = new ArrayDeque<>();
  private final AtomicInteger evicted = new AtomicInteger();
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");

  private Persistence open(Duration ahead) {
    Persistence persistence =
        Persistence.open(
            PersistenceConfig.inMemory()
                .clock(Clock.offset(clock, ahead))
                .cache(CacheConfig.off())
                .flush(
                    FlushConfig.builder()
                        .idleTimeToLive(IDLE)
                        .sweepInterval(Duration.ofMinutes(1))
                        .closeDeadline(Duration.ofSeconds(2))
                        .build())
                .listener(
                    PersistenceListener.of(
                        PersistenceEvent.Evicted.class,
                        sent -> {
                          evicted.addAndGet(sent.entries());
                        }))
                .build(),
            stores);
    opened.push(persistence);
    return persistence;
  }

  @AfterEach
  void close() {
    opened.forEach(Persistence::close);
  }

  private static StateRepository<String> resolving(Persistence runtime) {
    return runtime.states(
        StateType.untyped(String.class)
            .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
  }

  private static void assertFails(DataError error, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            PersistenceException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  @ParameterizedTest
  @ValueSource(ints = {60, -60})
  void anEndIsJudgedByTheServersClock(int minutes) {
    Persistence right = open(Duration.ZERO);
    right.agents().save(agent);
    StateRepository<String> others = right.states(String.class);
    StateRepository<String> wrong = open(Duration.ofMinutes(minutes)).states(String.class);
    SaveOptions tenMinutes = SaveOptions.ifAbsent().withTimeToLive(Duration.ofMinutes(10));

    Versioned<String> saved = others.save(key, "1", tenMinutes);
    assertFails(DataError.DUPLICATE_KEY, () -> wrong.save(key, "2", SaveOptions.ifAbsent()));
    assertThat(wrong.find(key).orElseThrow().revision()).isEqualTo(saved.revision());
    assertThat(wrong.keys(key.agent(), "")).containsExactly(key);
    assertThat(wrong.save(key, "2", SaveOptions.at(saved.revision())).value()).isEqualTo("2");

    Instant end = clock.instant().plus(Duration.ofMinutes(10));
    wrong.delete(key);
    assertThat(wrong.save(key, "3", tenMinutes).expiresAt()).contains(end);
    clock.advance(Duration.ofMinutes(10).minusMillis(1));
    assertThat(wrong.find(key)).isPresent();
    assertThat(others.find(key)).isPresent();
    assertFails(DataError.DUPLICATE_KEY, () -> wrong.save(key, "4", SaveOptions.ifAbsent()));
    clock.advance(Duration.ofMillis(1));
    assertThat(wrong.find(key)).isEmpty();
    assertThat(others.find(key)).isEmpty();
    assertThat(wrong.save(key, "5", SaveOptions.ifAbsent()).value()).isEqualTo("5");
  }

  @ParameterizedTest
  @ValueSource(ints = {60, -60})
  void aLeaderEvictsByTheServersClock(int minutes) {
    Persistence wrong = open(Duration.ofMinutes(minutes));
    wrong.agents().save(agent);
    StateRepository<String> states = wrong.states(String.class);
    states.save(key, "1");
    states.flush(key, SOON);
    assertThat(inBucket()).isEqualTo(1);
    Instant written = clock.instant();
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(150))
        .until(
            () -> {
              clock.advance(Duration.ofMinutes(1));
              return evicted.get() == 1;
            });
    assertThat(Duration.between(written, clock.instant())).isBetween(IDLE, IDLE.plusMinutes(25));
    assertThat(states.find(key)).isPresent();
  }

  private long inBucket() {
    try (Stores probe = stores.open(PersistenceConfig.inMemory().clock(clock).build())) {
      return probe.hot().bucket(Bucket.AGENT_STATE).reads().list(key.agent(), "").size();
    }
  }

  /** As an earlier version stored it, or a program that does not ask for the server's time. */
  private void storedAhead(StateKey at, Duration ahead) {
    try (Stores probe = stores.open(PersistenceConfig.inMemory().clock(clock).build())) {
      HybridTimestamp time =
          new HybridTimestamp(clock.instant().plus(ahead).toEpochMilli(), 3, "ahead");
      long unused =
          probe
              .hot()
              .bucket(Bucket.AGENT_STATE)
              .writes()
              .publish(
                  at,
                  Operation.PUT,
                  "\"theirs\"".getBytes(StandardCharsets.UTF_8),
                  EntryMetadata.NONE.withProvenance(Optional.of(Provenance.of(time))),
                  HotWrites.ANY);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 59, 3600, 100_000_000})
  void whatWasStoredAheadOfItsTimeBlocksNobody(int seconds) throws Exception {
    Persistence right = open(Duration.ZERO);
    right.agents().save(agent);
    StateRepository<String> states = resolving(right);
    Duration ahead = Duration.ofSeconds(seconds);

    storedAhead(key, ahead);
    clock.advance(Duration.ofMillis(1));
    Versioned<String> saved = states.save(key, "1");
    assertThat(saved.value()).isEqualTo("1");
    assertThat(saved.clock().latest("ahead")).as("it has seen the other").isPresent();

    storedAhead(key, ahead);
    clock.advance(Duration.ofMillis(1));
    assertThat(
            states
                .saveAsync(key, "2", SaveOptions.unconditional())
                .get(60, TimeUnit.SECONDS)
                .value())
        .isEqualTo("2");
    storedAhead(key, ahead);
    clock.advance(Duration.ofMillis(1));
    assertThat(states.update(key, value -> value + "!").value()).isEqualTo("theirs!");
    storedAhead(key, ahead);
    clock.advance(Duration.ofMillis(1));
    states.delete(key);
    assertThat(states.find(key)).isEmpty();
    assertThat(states.save(key, "3", SaveOptions.ifAbsent()).value()).isEqualTo("3");
    clock.advance(Duration.ofMillis(1));
    assertThat(resolving(open(Duration.ZERO)).save(key, "4").value()).isEqualTo("4");
  }

  @Test
  void whatWasStoredAheadBlocksNobodyFromPostgresqlEither() {
    Persistence right = open(Duration.ZERO);
    right.agents().save(agent);
    StateRepository<String> states = resolving(right);
    storedAhead(key, Duration.ofHours(1));
    StateKey restored = StateKey.of(agent.id(), "restored");
    storedAhead(restored, Duration.ofHours(1));
    right.lifecycle().flush(agent.id(), SOON);
    var checkpoint = right.checkpoints().create(agent.id(), CheckpointOptions.full());
    clock.advance(IDLE.plusMinutes(10));
    await().atMost(SOON).until(() -> evicted.get() >= 2);
    assertThat(states.save(key, "mine").value()).isEqualTo("mine");
    states.delete(restored);
    assertThat(right.checkpoints().restore(checkpoint.id(), SOON).written()).isEqualTo(2);
    assertThat(states.find(key).orElseThrow().value()).isEqualTo("theirs");
    assertThat(states.save(key, "mine again").value()).isEqualTo("mine again");
    assertThat(states.save(restored, "mine").value()).isEqualTo("mine");
  }

  @Test
  void aServersClockThatWasSetBackBlocksNobody() {
    Persistence right = open(Duration.ZERO);
    right.agents().save(agent);
    StateRepository<String> states = resolving(right);
    assertThat(states.save(key, "1").value()).isEqualTo("1");
    clock.advance(Duration.ofHours(-1));
    StateRepository<String> others = resolving(open(Duration.ZERO));
    assertThat(others.save(key, "2").value()).isEqualTo("2");
    assertThat(states.save(key, "3").value()).isEqualTo("3");
    assertThat(others.save(key, "4").value()).isEqualTo("4");
  }

  @Test
  void aHeartbeatShowsTheServersTime() {
    Persistence ahead = open(Duration.ofHours(1));
    ahead.agents().save(agent);
    ahead.agents().heartbeat(agent.id());
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(ahead.agents().lastHeartbeat(agent.id())).contains(clock.instant()));
  }
}
