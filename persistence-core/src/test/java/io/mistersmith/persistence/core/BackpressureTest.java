package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Writes while PostgreSQL is away and the backlog is over its limit. */
class BackpressureTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int LIMIT = 50;

  private final InMemoryStores stores = new InMemoryStores();
  private final List<PersistenceEvent.BackpressureChanged> events = new CopyOnWriteArrayList<>();
  private final Agent agent = Agent.of("test", "tester");
  private Persistence persistence = open(BackpressureConfig.off());
  private int written;

  @AfterEach
  void close() {
    stores.sqlOutage(false);
    persistence.close(SOON);
  }

  private Persistence open(BackpressureConfig backpressure) {
    return Persistence.open(
        PersistenceConfig.inMemory()
            .backpressure(backpressure)
            .flush(FlushConfig.builder().leaseDuration(Duration.ofHours(1)).build())
            .listener(
                PersistenceListener.of(
                    PersistenceEvent.BackpressureChanged.class,
                    event -> {
                      events.add(event);
                    }))
            .build(),
        stores);
  }

  private StateRepository<Object> start(BackpressureConfig backpressure) {
    persistence.close(SOON);
    persistence =
        open(
            backpressure.toBuilder()
                .maxEntries(LIMIT)
                .maxBytes(1 << 30)
                .maxAge(Duration.ofHours(1))
                .interval(Duration.ofMillis(5))
                .build());
    persistence.agents().save(agent);
    return persistence.states(Object.class);
  }

  private StateKey key() {
    return StateKey.of(agent.id(), "k" + written++);
  }

  /** Takes PostgreSQL away and writes until there is too much. */
  private void fill(StateRepository<Object> states) {
    stores.sqlOutage(true);
    for (int i = 0; i <= LIMIT; i++) {
      states.save(key(), i);
    }
    await().atMost(SOON).until(() -> isEngaged());
  }

  private boolean isEngaged() {
    return !events.isEmpty() && events.get(events.size() - 1).engaged();
  }

  /** Not in the common pool, which has one thread on two cores: these block. */
  private static void inItsOwnThread(Runnable write) {
    Thread thread = new Thread(write, "writer");
    thread.setDaemon(true);
    thread.start();
  }

  private static void assertRefused(ThrowingCallable write, Predicate<String> message) {
    assertThatThrownBy(write)
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> {
              assertThat(e.error()).isEqualTo(DataError.BACKLOG_EXCEEDED);
              assertThat(e.isTransient()).isTrue();
              assertThat(e.getMessage()).matches(message);
            });
  }

  @Test
  void failingWritesNameTheBacklogAndTheLimitAndAreNotMade() {
    StateRepository<Object> states = start(BackpressureConfig.fail());
    fill(states);
    StateKey refused = key();
    assertRefused(
        () -> states.save(refused, 1),
        text -> text.contains("51 entries") && text.contains("maxEntries of 50"));
    assertRefused(() -> states.save(refused, 1, SaveOptions.ifAbsent()), text -> true);
    assertRefused(() -> states.delete(refused), text -> true);
    CompletableFuture<?> pipelined =
        states.saveAsync(refused, 1, SaveOptions.unconditional()).toCompletableFuture();
    assertThatThrownBy(() -> pipelined.get(60, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(PersistenceException.class);
    assertThat(persistence.operations().consistency().backlog().messages()).isEqualTo(LIMIT + 1);
    stores.sqlOutage(false);
    await().atMost(SOON).until(() -> !isEngaged());
    assertThat(states.find(refused)).isEmpty();
    states.save(refused, 2);
    assertThat(events).hasSize(2);
  }

  @Test
  void readsAndSessionsAreNotSlowedDown() {
    StateRepository<Object> states = start(BackpressureConfig.fail());
    StateKey first = key();
    states.save(first, 1);
    fill(states);
    assertThat(states.find(first)).isPresent();
    persistence
        .states(StateType.untyped(Object.class).in(DataType.SESSION_DATA))
        .save(StateKey.of(AgentId.external("session"), "k"), 1);
  }

  @Test
  void blockedWritesEndByTheirDeadline() {
    StateRepository<Object> states = start(BackpressureConfig.block(Duration.ofMillis(200)));
    fill(states);
    long began = System.nanoTime();
    assertRefused(() -> states.save(key(), 1), text -> text.contains("not written"));
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .isBetween(Duration.ofMillis(190), Duration.ofSeconds(5));
  }

  @Test
  void blockedWritesGoOnWhenPostgresIsBack() throws Exception {
    StateRepository<Object> states = start(BackpressureConfig.block(SOON));
    fill(states);
    StateKey waiting = key();
    CompletableFuture<?> write = CompletableFuture.runAsync(() -> states.save(waiting, 1));
    assertThatThrownBy(() -> write.get(100, TimeUnit.MILLISECONDS))
        .isInstanceOf(java.util.concurrent.TimeoutException.class);
    stores.sqlOutage(false);
    write.get(60, TimeUnit.SECONDS);
    assertThat(states.find(waiting)).isPresent();
  }

  @Test
  void closingLetsBlockedWritesGo() throws Exception {
    StateRepository<Object> states = start(BackpressureConfig.block(Duration.ofMinutes(10)));
    fill(states);
    CompletableFuture<?> write = CompletableFuture.runAsync(() -> states.save(key(), 1));
    assertThatThrownBy(() -> write.get(50, TimeUnit.MILLISECONDS))
        .isInstanceOf(java.util.concurrent.TimeoutException.class);
    assertThat(persistence.close(Duration.ofMillis(100))).isPositive();
    assertThatThrownBy(() -> write.get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(PersistenceException.class);
  }

  @Test
  void writesThatGoThroughReturnWhenTheyAreCommitted() throws Exception {
    StateRepository<Object> states = start(BackpressureConfig.writeThrough(SOON));
    fill(states);
    StateKey one = key();
    StateKey other = key();
    CompletableFuture<?> write =
        CompletableFuture.runAsync(() -> states.save(one, 1), BackpressureTest::inItsOwnThread);
    CompletableFuture<?> pipelined =
        CompletableFuture.runAsync(
            () -> states.saveAsync(other, 1, SaveOptions.unconditional()).join(),
            BackpressureTest::inItsOwnThread);
    await()
        .atMost(SOON)
        .until(() -> persistence.operations().consistency().backlog().messages() == LIMIT + 3);
    assertThat(write).isNotDone();
    assertThat(pipelined).isNotDone();
    stores.sqlOutage(false);
    write.get(60, TimeUnit.SECONDS);
    pipelined.get(60, TimeUnit.SECONDS);
    await().atMost(SOON).until(() -> !isEngaged());
  }

  /** More of them than the threads that the other calls are made on. */
  @Test
  void asynchronousWritesByRulesWaitApart() {
    StateRepository<Object> states = start(BackpressureConfig.writeThrough(SOON));
    StateRepository<Integer> ruled =
        persistence.states(
            StateType.of("ruled", Integer.class)
                .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
    List<StateKey> keys = IntStream.range(0, 100).mapToObj(i -> key()).toList();
    keys.forEach(key -> ruled.save(key, 1));
    StateKey read = key();
    states.save(read, "there");
    persistence.lifecycle().flush(agent.id(), SOON);
    await().atMost(SOON).until(() -> !isEngaged()); // it may have been, by what was just flushed
    fill(states);
    List<CompletableFuture<?>> writes = new ArrayList<>();
    keys.forEach(key -> writes.add(ruled.saveAsync(key, 2, SaveOptions.unconditional())));
    assertThat(persistence.agents().findAsync(agent.id())).succeedsWithin(SOON.dividedBy(4));
    assertThat(states.findAsync(read)).succeedsWithin(SOON.dividedBy(4));
    assertThat(writes).noneMatch(CompletableFuture::isDone);
    stores.sqlOutage(false);
    assertThat(writes).allSatisfy(write -> assertThat(write).succeedsWithin(SOON));
  }

  @Test
  void theOldestEntrysAgeIsALimit() {
    persistence.close(SOON);
    persistence =
        open(
            BackpressureConfig.fail().toBuilder()
                .maxEntries(1_000_000)
                .maxBytes(1 << 30)
                .maxAge(Duration.ofMillis(300))
                .interval(Duration.ofMillis(5))
                .build());
    persistence.agents().save(agent);
    StateRepository<Object> states = persistence.states(Object.class);
    stores.sqlOutage(true);
    states.save(key(), 1);
    assertThat(events).isEmpty();
    await().atMost(SOON).until(() -> isEngaged());
    assertThat(events.get(0).backlog().oldestAge()).isGreaterThan(Duration.ofMillis(300));
    assertRefused(() -> states.save(key(), 1), text -> text.contains("maxAge of PT0.3S"));
  }

  @Test
  void theBytesAreALimit() {
    persistence.close(SOON);
    persistence =
        open(
            BackpressureConfig.fail().toBuilder()
                .maxEntries(1_000_000)
                .maxBytes(20_000)
                .maxAge(Duration.ofHours(1))
                .interval(Duration.ofMillis(5))
                .build());
    persistence.agents().save(agent);
    StateRepository<Object> states = persistence.states(Object.class);
    stores.sqlOutage(true);
    states.save(key(), "x".repeat(50_000));
    await().atMost(SOON).until(() -> isEngaged());
    assertRefused(() -> states.save(key(), 1), text -> text.contains("maxBytes of 20000"));
  }

  /** The position moves in another process; this one must ask for it. */
  @Test
  void aRuntimeThatDoesNotFlushSeesTheBacklogShrink() {
    StateRepository<Object> flushing = start(BackpressureConfig.off());
    StateKey first = key();
    flushing.awaitDurable(first, flushing.save(first, 1).revision(), SOON);
    try (Persistence second =
        open(
            BackpressureConfig.fail().toBuilder()
                .maxEntries(LIMIT)
                .maxBytes(1 << 30)
                .maxAge(Duration.ofHours(1))
                .interval(Duration.ofMillis(5))
                .build())) {
      StateRepository<Object> states = second.states(Object.class);
      fill(states);
      stores.sqlOutage(false);
      await().atMost(SOON).until(() -> !isEngaged());
      states.save(key(), 1);
    }
  }
}
