package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each limit on real servers, and how long a write takes that meets one. */
@Tag("fault")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BackpressureLimitsIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration WAIT = Duration.ofSeconds(2);
  private static final Duration LATE = Duration.ofSeconds(2);
  private static final Duration NEVER = Duration.ofHours(1);
  private static final long PLENTY = 1L << 40;

  private final FaultServers servers = FaultServers.start();
  private final AtomicBoolean engaged = new AtomicBoolean();
  private final Ledger ledger = new Ledger();

  @SuppressWarnings("NullAway.Init") // set before each test
  private Installation installation;

  private AgentId agent = AgentId.external("none");
  private long written;

  /** A limit, and the message that a refused caller gets. */
  enum Limit {
    ENTRIES("over the limit backpressure.maxEntries of 200"),
    BYTES("over the limit backpressure.maxBytes of 100000"),
    AGE("over the limit backpressure.maxAge of PT1S");

    private final String message;

    Limit(String message) {
      this.message = message;
    }

    BackpressureConfig of(BackpressureConfig config) {
      return switch (this) {
        case ENTRIES -> config.toBuilder().maxEntries(200).maxBytes(PLENTY).maxAge(NEVER).build();
        case BYTES -> config.toBuilder().maxEntries(PLENTY).maxBytes(100_000).maxAge(NEVER).build();
        case AGE ->
            config.toBuilder()
                .maxEntries(PLENTY)
                .maxBytes(PLENTY)
                .maxAge(Duration.ofSeconds(1))
                .build();
      };
    }
  }

  @BeforeEach
  void migrate() {
    ledger.forget();
    installation = servers.installation();
  }

  @AfterEach
  void resume() {
    servers.postgres().resume();
  }

  @AfterAll
  void close() {
    servers.close();
  }

  private Persistence open(BackpressureConfig backpressure) {
    engaged.set(false);
    PersistenceConfig config =
        installation.config().toBuilder()
            .backpressure(backpressure.toBuilder().interval(Duration.ofMillis(20)).build())
            .listener(
                PersistenceListener.of(
                    PersistenceEvent.BackpressureChanged.class,
                    event -> {
                      engaged.set(event.engaged());
                    }))
            .build();
    Persistence persistence = Persistence.open(config);
    agent = installation.register(persistence, 1).get(0);
    write(persistence.states(Long.class));
    persistence.lifecycle().flush(agent, SOON);
    return persistence;
  }

  private StateKey write(StateRepository<Long> states) {
    StateKey key = StateKey.of(agent, "k" + written);
    ledger.acknowledged(key, states.save(key, written).revision(), written);
    written++;
    return key;
  }

  /** Writes until the limit is met; a write that fails then is made again by the next one. */
  private void fill(StateRepository<Long> states) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> {
              if (!engaged.get()) {
                writeUnlessRefused(states);
              }
              return engaged.get();
            });
  }

  private void writeUnlessRefused(StateRepository<Long> states) {
    try {
      write(states);
    } catch (PersistenceException e) {
      assertThat(e.isTransient()).isTrue();
    }
  }

  private PersistenceException refused(StateRepository<Long> states) {
    return catchThrowableOfType(PersistenceException.class, () -> write(states));
  }

  private void assertAllIsThere(Persistence persistence) {
    await().atMost(SOON).untilFalse(engaged);
    write(persistence.states(Long.class));
    Map<StateKey, Row> rows = installation.awaitAll(ledger);
    assertThat(rows).as("what was refused is nowhere").hasSize(ledger.latest().size());
    installation.assertNothingWentBack();
  }

  private static Duration since(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos);
  }

  @ParameterizedTest
  @EnumSource
  void failsAtOnceOverEachLimitWhilePostgresIsDead(Limit limit) {
    try (Persistence persistence = open(limit.of(BackpressureConfig.fail()))) {
      StateRepository<Long> states = persistence.states(Long.class);
      servers.postgres().kill();
      fill(states);
      long began = System.nanoTime();
      PersistenceException failure = refused(states);
      assertThat(since(began)).isLessThan(Duration.ofSeconds(1));
      assertThat(failure.error()).isEqualTo(DataError.BACKLOG_EXCEEDED);
      assertThat(failure.isTransient()).isTrue();
      assertThat(failure).hasMessageContaining("not written").hasMessageContaining(limit.message);
      assertThat(states.find(StateKey.of(agent, "k" + (written - 1)))).as("a read").isPresent();
      servers.postgres().restart();
      assertAllIsThere(persistence);
    }
  }

  @Test
  void blocksUntilItsDeadlineOrUntilPostgresIsBack() throws Exception {
    try (Persistence persistence = open(Limit.ENTRIES.of(BackpressureConfig.block(WAIT)))) {
      StateRepository<Long> states = persistence.states(Long.class);
      servers.postgres().pause();
      fill(states);
      long began = System.nanoTime();
      PersistenceException failure = refused(states);
      assertThat(since(began)).isBetween(WAIT, WAIT.plus(LATE));
      assertThat(failure.error()).isEqualTo(DataError.BACKLOG_EXCEEDED);
      assertThat(failure.isTransient()).isTrue();
      assertThat(failure).hasMessageContaining(Limit.ENTRIES.message);
      CompletableFuture<StateKey> waiting = CompletableFuture.supplyAsync(() -> write(states));
      Waits.passed(Duration.ofMillis(300));
      assertThat(waiting).as("blocked").isNotDone();
      servers.postgres().resume();
      assertThat(waiting.get(60, TimeUnit.SECONDS)).isNotNull();
      assertAllIsThere(persistence);
    }
  }

  @Test
  void goesThroughAndReturnsOnceItIsCommitted() throws Exception {
    try (Persistence persistence = open(Limit.ENTRIES.of(BackpressureConfig.writeThrough(WAIT)))) {
      StateRepository<Long> states = persistence.states(Long.class);
      servers.postgres().pause();
      fill(states);
      StateKey uncommitted = StateKey.of(agent, "k" + written);
      long began = System.nanoTime();
      PersistenceException failure = refused(states);
      assertThat(since(began)).isBetween(WAIT, WAIT.plus(LATE));
      assertThat(failure.isTransient()).isTrue();
      assertThat(states.find(uncommitted)).as("made, if not committed").isPresent();
      // The caller tries again, as it was told to.
      CompletableFuture<StateKey> waiting = CompletableFuture.supplyAsync(() -> write(states));
      Waits.passed(Duration.ofMillis(300));
      assertThat(waiting).as("waits for its commit").isNotDone();
      servers.postgres().resume();
      StateKey committed = waiting.get(60, TimeUnit.SECONDS);
      assertThat(installation.rows()).as("in PostgreSQL when it returns").containsKey(committed);
      assertAllIsThere(persistence);
    }
  }
}
