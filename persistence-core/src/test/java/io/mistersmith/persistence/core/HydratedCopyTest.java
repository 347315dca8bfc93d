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
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.memory.SqlSnapshot;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** KV has copies of rows that PostgreSQL does not have any more. */
class HydratedCopyTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration IDLE = Duration.ofMinutes(30);
  private static final Duration SWEEP = Duration.ofSeconds(30);
  private static final int KEYS = 20;

  private final ManualClock clock = ManualClock.at(Instant.parse("2026-01-01T00:00:00Z"));
  private final InMemoryStores stores = new InMemoryStores();
  private final Faults faults = new Faults(1);
  private final Agent agent = Agent.of("test", "tester");
  private final List<StateKey> keys =
      IntStream.range(0, KEYS).mapToObj(i -> StateKey.of(agent.id(), "key-" + i)).toList();
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
  private final Persistence persistence =
      Persistence.open(config, new FaultyStores(stores, faults));
  private final StateRepository<Integer> states = persistence.states(Integer.class);
  private final Stores probe = stores.open(config);
  private final HotBucket bucket = probe.hot().bucket(Bucket.AGENT_STATE);

  @AfterEach
  void close() {
    probe.close();
    persistence.close();
  }

  @Test
  void copiesThatPostgresHasLostAreWrittenAgain() {
    persistence.agents().save(agent);
    SqlSnapshot before = stores.snapshotSql();
    write(1);
    evict();
    hydrate(1);
    stores.restoreSql(before);
    awaitRows(1);
    hydrate(1);
    evict();
    hydrate(1);
  }

  @Test
  void copiesThatPostgresIsBehindOfAreWrittenAgain() {
    persistence.agents().save(agent);
    write(1);
    SqlSnapshot before = stores.snapshotSql();
    write(2);
    evict();
    hydrate(2);
    stores.restoreSql(before);
    awaitRows(2);
    hydrate(2);
  }

  @Test
  void copiesWhoseAgentPostgresHasLostAreKept() {
    SqlSnapshot before = stores.snapshotSql();
    persistence.agents().save(agent);
    write(1);
    evict();
    hydrate(1);
    stores.restoreSql(before);
    await().atMost(SOON).until(() -> persistence.operations().deadLetters().count() == KEYS);
    hydrate(1);
  }

  @Test
  void aCopyThatWasMadeOfADeletedAgentsRowIsRemoved() throws Exception {
    persistence.agents().save(agent);
    write(1);
    evict();
    CompletableFuture<?> late;
    try (Gate gate = faults.on(Call.PUBLISH).pauseBefore()) {
      late = CompletableFuture.supplyAsync(() -> states.find(keys.get(0)));
      gate.awaitArrival(SOON);
      persistence.agents().delete(agent.id());
      gate.release();
    }
    late.get(60, TimeUnit.SECONDS);
    await().atMost(SOON).until(() -> bucket.reads().list(agent.id(), "").isEmpty());
    assertThat(persistence.operations().deadLetters().count()).isZero();
    assertThat(states.find(keys.get(0))).isEmpty();
  }

  private void write(int value) {
    keys.forEach(key -> states.save(key, value));
    persistence.lifecycle().flush(agent.id(), SOON);
  }

  private void evict() {
    clock.advance(IDLE.plus(SWEEP));
    await().atMost(SOON).until(() -> bucket.journal().state().messages() == 0);
  }

  /** Reads all, and has the flush pass the copies that were made. */
  private void hydrate(int value) {
    for (StateKey key : keys) {
      assertThat(states.find(key).orElseThrow().value()).isEqualTo(value);
    }
    long last = bucket.journal().state().lastSequence();
    await()
        .atMost(SOON)
        .until(
            () -> probe.sql().journals().position(bucket.name()).orElseThrow().sequence() >= last);
  }

  private void awaitRows(int value) {
    await()
        .atMost(SOON)
        .until(
            () ->
                probe.sql().states().findAll(keys).values().stream()
                        .filter(
                            row ->
                                new String(row.value(), StandardCharsets.UTF_8)
                                    .equals(String.valueOf(value)))
                        .count()
                    == KEYS);
  }
}
