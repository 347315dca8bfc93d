package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.CallFaults;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.memory.SqlSnapshot;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An entry is idle when both its write and its commit are old enough. */
class IdlenessTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration IDLE = Duration.ofMinutes(30);
  private static final Duration RETENTION = FlushConfig.defaults().tombstoneRetention();
  private static final Duration SWEEP = Duration.ofSeconds(30);
  private static final int WRITES = 500;

  private final ManualClock clock = ManualClock.at(Instant.parse("2026-01-01T00:00:00Z"));
  private final InMemoryStores stores = new InMemoryStores();
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey before = StateKey.of(agent.id(), "before");
  private final List<StateKey> backlog =
      IntStream.range(0, WRITES).mapToObj(i -> StateKey.of(agent.id(), "key-" + i)).toList();
  private final PersistenceConfig config =
      PersistenceConfig.inMemory()
          .clock(clock)
          .cache(CacheConfig.off())
          .flush(
              FlushConfig.builder()
                  .idleTimeToLive(IDLE)
                  .sweepInterval(SWEEP)
                  .closeDeadline(Duration.ofSeconds(2))
                  .build())
          .build();
  private final Faults faults = new Faults(1);
  private final Persistence persistence =
      Persistence.open(config, new FaultyStores(stores, faults));
  private final StateRepository<Integer> states = persistence.states(Integer.class);
  private final Stores probe = stores.open(config);
  private final HotBucket bucket = probe.hot().bucket(Bucket.AGENT_STATE);

  @BeforeEach
  void register() {
    persistence.agents().save(agent);
    states.save(before, -1);
    states.flush(before, SOON);
    awaitASweep();
  }

  @AfterEach
  void close() {
    probe.close();
    persistence.close();
  }

  @Test
  void aBacklogStaysInKvUntilALaggingReplicaHasItToo() {
    SqlSnapshot replica = stores.snapshotSql();
    writeDuringAnOutageOf(IDLE.multipliedBy(2));
    awaitASweep();
    assertThat(keysInKv()).containsExactlyInAnyOrderElementsOf(backlog);

    stores.restoreSql(replica);
    await().atMost(SOON).until(() -> probe.sql().states().findAll(backlog).size() == WRITES);
    assertAllReadable();
    clock.advance(IDLE.minus(SWEEP).minusSeconds(1));
    awaitASweep();
    assertThat(keysInKv()).as("counted from the second commit").hasSize(WRITES);
  }

  @Test
  void aBacklogLeavesKvOnceItWasCommittedForTheIdleTime() {
    writeDuringAnOutageOf(IDLE.multipliedBy(2));
    awaitASweep();
    clock.advance(IDLE);
    await().atMost(SOON).until(() -> bucket.journal().state().messages() == 0);
    assertAllReadable();
  }

  /** Far more than a turn takes. */
  @Test
  void oneSweepTakesAllThatIsIdle() {
    int many = 25_000;
    List<CompletableFuture<Versioned<Integer>>> saves = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      saves.add(
          states.saveAsync(StateKey.of(agent.id(), "many-" + i), i, SaveOptions.unconditional()));
    }
    saves.forEach(CompletableFuture::join);
    persistence.lifecycle().flush(agent.id(), SOON);
    assertThat(bucket.journal().state().messages()).isEqualTo(many + 1);
    clock.advance(IDLE.plus(SWEEP));
    await().atMost(SOON).until(() -> bucket.journal().state().messages() == 0);
  }

  /** The samples are the store's: another process goes on with them. */
  @Test
  void anotherHolderOfTheLeaseKnowsWhatWasCommittedWhen() {
    writeDuringAnOutageOf(IDLE.multipliedBy(2));
    awaitASweep();
    persistence.close();
    clock.advance(IDLE);
    try (Persistence other = Persistence.open(config, stores)) {
      StateKey busy = StateKey.of(agent.id(), "busy");
      other.states(Integer.class).save(busy, 1);
      other.states(Integer.class).flush(busy, SOON);
      clock.advance(SWEEP);
      await().atMost(SOON).until(() -> keysInKv().equals(List.of(busy)));
    }
  }

  @Test
  void aHydratedCopyIsIdleFromItsHydration() {
    clock.advance(IDLE.plusSeconds(1));
    await().atMost(SOON).until(() -> bucket.journal().state().messages() == 0);
    assertThat(states.find(before)).isPresent();
    assertThat(keysInKv()).containsExactly(before);
    StateKey older = StateKey.of(agent.id(), "older");
    states.save(older, 1);
    states.flush(older, SOON);
    clock.advance(IDLE.minus(SWEEP).minusSeconds(1));
    awaitASweep();
    assertThat(keysInKv()).containsExactlyInAnyOrder(before, older);
    clock.advance(SWEEP);
    await().atMost(SOON).until(() -> bucket.journal().state().messages() == 0);
  }

  @Test
  void aTombstoneThatWaitedForTheDatabaseIsKeptAsLongAsAnyOther() {
    stores.sqlOutage(true);
    states.delete(before);
    clock.advance(RETENTION.multipliedBy(2));
    stores.sqlOutage(false);
    states.flush(before, SOON);
    assertThat(probe.sql().states().sweep(RETENTION)).isZero();
    assertThat(probe.sql().states().find(before)).isPresent();
    clock.advance(RETENTION.plusSeconds(1));
    await().atMost(SOON).until(() -> probe.sql().states().find(before).isEmpty());
  }

  private void writeDuringAnOutageOf(Duration time) {
    stores.sqlOutage(true);
    for (int i = 0; i < WRITES; i++) {
      states.save(backlog.get(i), i);
    }
    clock.advance(time);
    stores.sqlOutage(false);
    persistence.lifecycle().flush(agent.id(), SOON);
  }

  /** Each sweep ends with the removal of old rows. */
  private void awaitASweep() {
    CallFaults sweeps = faults.on(Call.SQL_WRITE);
    long sofar = sweeps.count();
    clock.advance(SWEEP);
    await().atMost(SOON).until(() -> sweeps.count() > sofar);
  }

  private List<StateKey> keysInKv() {
    return bucket.reads().list(agent.id(), "").stream().map(HotEntry::key).toList();
  }

  private void assertAllReadable() {
    for (int i = 0; i < WRITES; i++) {
      assertThat(states.find(backlog.get(i)).orElseThrow().value()).isEqualTo(i);
    }
  }
}
