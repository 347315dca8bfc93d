package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.LagStats;
import io.mistersmith.persistence.operations.Consistency.MemoryStats;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The reported lag and backlog, where both are known to the millisecond. */
class LagTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores stores = new InMemoryStores();
  private final Faults faults = new Faults(1);
  private final Agent agent = Agent.of("test", "tester");
  private final Persistence persistence = open();
  private final StateRepository<Object> states = persistence.states(Object.class);

  @BeforeEach
  void register() {
    persistence.agents().save(agent);
  }

  @AfterEach
  void close() {
    stores.sqlOutage(false);
    faults.clear();
    persistence.close(SOON);
  }

  private Persistence open() {
    return Persistence.open(
        PersistenceConfig.inMemory()
            .clock(clock)
            .flush(
                FlushConfig.builder()
                    .dirtyKeys(1)
                    .maxAge(Duration.ofMillis(1))
                    .maxBytes(1 << 20)
                    .build())
            .consistency(ConsistencyConfig.builder().interval(Duration.ZERO).sampleSize(1).build())
            .build(),
        new FaultyStores(stores, faults));
  }

  private StateKey key(int number) {
    return StateKey.of(agent.id(), "k" + number);
  }

  /** Writes an entry that is committed exactly this much later. */
  private void commitAfter(int number, Duration lag) throws InterruptedException {
    try (Gate beforeApply = faults.on(Call.APPLY).pauseBefore()) {
      states.save(key(number), number);
      assertThat(beforeApply.awaitArrival(SOON)).isTrue();
      clock.advance(lag);
    }
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> persistence.operations().consistency().lag().samples() == number);
  }

  @Test
  void theDistributionIsThatOfTheKnownLags() throws Exception {
    for (int i = 1; i <= 100; i++) {
      commitAfter(i, Duration.ofMillis(4L * i));
    }
    LagStats lag = persistence.operations().consistency().lag();
    assertClose(lag.p50(), 200);
    assertClose(lag.p95(), 380);
    assertClose(lag.p99(), 396);
    assertThat(lag.max()).isEqualTo(Duration.ofMillis(400));
    assertThat(lag.violations()).as("200 ms is none yet").isEqualTo(50);
    MemoryStats stats = persistence.operations().consistency().stats();
    assertThat(stats.violations()).isEqualTo(50);
    assertThat(stats.consistencyWindowP95()).isEqualTo(lag.p95());
    assertThat(stats.averageFlushTime()).isPositive().isEqualTo(lag.averageFlush());
    assertThat(stats.lag()).isEqualTo(lag);
    assertThat(stats.kvEntries()).isEqualTo(100);
    assertThat(stats.sqlRows()).hasValue(100);
    assertThat(stats.dirtyEntries()).isZero();
  }

  private static void assertClose(Duration measured, long millis) {
    assertThat(measured.toNanos() / 1e6)
        .as("within the error that the histogram promises")
        .isCloseTo((double) millis, within(millis * 0.016));
  }

  @Test
  void whatWaitsIsToldByNumberAndKeyAndAgeInEveryRuntime() throws Exception {
    commitAfter(1, Duration.ZERO);
    try (Persistence other = open()) {
      stores.sqlOutage(true);
      for (int i = 0; i < 5; i++) {
        states.save(key(i % 2), i);
        clock.advance(Duration.ofSeconds(1));
      }
      assertWaiting(persistence.operations().consistency().stats(), Duration.ofSeconds(5));
      assertWaiting(other.operations().consistency().stats(), Duration.ofSeconds(5));
      stores.sqlOutage(false);
      persistence.lifecycle().flush(agent.id(), SOON);
      await().atMost(SOON).until(() -> other.operations().consistency().backlog().isEmpty());
    }
    MemoryStats flushed = persistence.operations().consistency().stats();
    assertThat(flushed.dirtyEntries()).isZero();
    assertThat(flushed.backlog().oldestAge()).isZero();
    assertThat(flushed.sqlRows()).hasValue(2);
  }

  private static void assertWaiting(MemoryStats stats, Duration oldest) {
    assertThat(stats.backlog().messages()).isEqualTo(5);
    assertThat(stats.backlog().bytes()).isPositive();
    assertThat(stats.backlog().oldestAge()).isEqualTo(oldest);
    assertThat(stats.dirtyEntries()).as("keys").isEqualTo(2);
    assertThat(stats.kvEntries()).isEqualTo(2);
    assertThat(stats.sqlRows()).as("PostgreSQL does not answer").isEmpty();
  }

  /** Flushed entries are part of the stream's bytes, and not of the backlog. */
  @Test
  void aLargeEntryAmongManySmallOnesCountsWithAllItsBytes() throws Exception {
    for (int i = 1; i <= 50; i++) {
      commitAfter(i, Duration.ZERO);
    }
    assertThat(persistence.operations().consistency().backlog().isEmpty()).isTrue();
    stores.sqlOutage(true);
    states.save(key(51), "x".repeat(100_000));
    assertThat(persistence.operations().consistency().backlog().messages()).isEqualTo(1);
    assertThat(persistence.operations().consistency().backlog().bytes())
        .isBetween(100_000L, 120_000L);
  }

  @Test
  void dirtyKeysBeyondThoseThatAreCountedCountByTheirMessages() {
    stores.sqlOutage(true);
    for (int i = 0; i < 10_020; i++) {
      states.save(key(i), i);
    }
    assertThat(persistence.operations().consistency().stats().dirtyEntries()).isEqualTo(10_020);
  }

  @Test
  void aClockThatIsSetBackMakesNoNegativeAge() {
    stores.sqlOutage(true);
    states.save(key(1), 1);
    clock.set(clock.instant().minusSeconds(5));
    assertThat(persistence.operations().consistency().backlog().messages()).isEqualTo(1);
    assertThat(persistence.operations().consistency().backlog().oldestAge()).isZero();
  }
}
