package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** The result of close about acknowledged writes is true, however many are made while it runs. */
class ClosingTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final InMemoryStores stores = new InMemoryStores();
  private final Agent agent = Agent.of("test", "tester");
  private final PersistenceConfig config = PersistenceConfig.inMemory().build();

  @RepeatedTest(50)
  void allThatWasAcknowledgedIsFlushedWhenNothingIsLeft() {
    Persistence persistence = Persistence.open(config, stores);
    persistence.agents().save(agent);
    ClosingWriters writers = ClosingWriters.start(persistence, agent.id());
    writers.awaitAcknowledged(200);
    long left = persistence.close(SOON);
    Map<StateKey, Revision> acknowledged = writers.awaitRefused();
    assertThat(left).isZero();
    try (Stores probe = stores.open(config)) {
      Map<StateKey, StoredState> rows = probe.sql().states().findAll(acknowledged.keySet());
      acknowledged.forEach(
          (key, revision) ->
              assertThat(rows.get(key))
                  .as("%s at %s", key, revision)
                  .satisfies(
                      row ->
                          assertThat((Revision) row.revision()).isGreaterThanOrEqualTo(revision)));
    }
  }

  @Test
  void whatCannotBeFlushedInTimeIsCounted() {
    Persistence persistence = Persistence.open(config, stores);
    persistence.agents().save(agent);
    int history = config.bucket(Bucket.AGENT_STATE).history(); // of the key that is overwritten
    stores.sqlOutage(true);
    for (int i = 0; i < 7; i++) {
      var unused = persistence.states(Integer.class).save(StateKey.of(agent.id(), "k" + i), i);
      unused = persistence.states(Integer.class).save(StateKey.of(agent.id(), "same"), i);
    }
    assertThat(persistence.close(Duration.ofMillis(200))).isEqualTo(7 + Math.min(7, history));
  }

  @Test
  void aWriteThatHasNotEndedAtTheDeadlineIsCounted() throws Exception {
    Faults faults = new Faults(1);
    Persistence persistence = Persistence.open(config, new FaultyStores(stores, faults));
    persistence.agents().save(agent);
    try (Gate gate = faults.on(Call.PUBLISH).pauseAfter()) {
      CompletableFuture<Object> write =
          CompletableFuture.supplyAsync(
              () -> persistence.states(Integer.class).save(StateKey.of(agent.id(), "k"), 1));
      assertThat(gate.awaitArrival(SOON)).isTrue();
      assertThat(persistence.close(Duration.ofMillis(100))).isPositive();
      gate.release();
      assertThat(write.handle((value, failure) -> true)).succeedsWithin(SOON);
    }
  }

  @Test
  void heartbeatsThatHangLeaveTheFlushItsTime() {
    Faults faults = new Faults(1);
    PersistenceConfig late =
        config.toBuilder()
            .flush(FlushConfig.builder().maxAge(Duration.ofMinutes(1)).build())
            .build();
    Persistence persistence = Persistence.open(late, new FaultyStores(stores, faults));
    persistence.agents().save(agent);
    StateKey key = StateKey.of(agent.id(), "k");
    var unused = persistence.states(Integer.class).save(key, 1);
    Duration deadline = Duration.ofSeconds(2);
    faults.on(Call.SQL_WRITE).latency(deadline.multipliedBy(2), deadline.multipliedBy(2));
    persistence.agents().heartbeat(agent.id());
    assertThat(persistence.close(deadline)).isZero();
    try (Stores probe = stores.open(config)) {
      assertThat(probe.sql().states().find(key)).isPresent();
    }
  }

  @Test
  void aSecondCloseWaitsForTheFirstAndSaysTheSame() throws Exception {
    Faults faults = new Faults(1);
    Persistence persistence = Persistence.open(config, new FaultyStores(stores, faults));
    persistence.agents().save(agent);
    try (Gate gate = faults.on(Call.APPLY).pauseBefore()) {
      var unused = persistence.states(Integer.class).save(StateKey.of(agent.id(), "k"), 1);
      assertThat(gate.awaitArrival(SOON)).isTrue();
      CompletableFuture<Long> first = CompletableFuture.supplyAsync(() -> persistence.close(SOON));
      CompletableFuture<Long> second = CompletableFuture.supplyAsync(() -> persistence.close(SOON));
      assertThat(second.completeOnTimeout(-1L, 300, TimeUnit.MILLISECONDS).get()).isEqualTo(-1);
      CompletableFuture<Long> third = CompletableFuture.supplyAsync(() -> persistence.close(SOON));
      gate.release();
      assertThat(first.get(60, TimeUnit.SECONDS)).isZero();
      assertThat(third.get(60, TimeUnit.SECONDS)).isZero();
    }
  }
}
