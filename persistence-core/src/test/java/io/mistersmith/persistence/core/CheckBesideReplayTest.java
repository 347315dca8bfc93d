package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A dead letter becomes a row between two questions of a comparison. */
class CheckBesideReplayTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final InMemoryStores stores = new InMemoryStores();
  private final Faults faults = new Faults(1);
  private final Agent late = Agent.of("test", "registered late");

  @Test
  void anEntryThatIsReplayedMeanwhileIsNotMissing() throws Exception {
    PersistenceConfig config = PersistenceConfig.inMemory().build();
    try (Persistence checking = Persistence.open(config, new FaultyStores(stores, faults));
        Persistence replaying = Persistence.open(config, stores)) {
      replaying.states(String.class).save(StateKey.of(late.id(), "k"), "kept");
      DeadLetters letters = replaying.operations().deadLetters();
      await().atMost(SOON).until(() -> letters.count() == 1);
      CompletableFuture<ConsistencyReport> report;
      try (Gate beforeRows = faults.on(Call.GET).pauseBefore();
          Gate afterRows = faults.on(Call.GET).pauseBefore()) {
        report =
            CompletableFuture.supplyAsync(
                () -> checking.operations().consistency().check(CheckScope.everything()));
        assertThat(beforeRows.awaitArrival(SOON)).isTrue();
        beforeRows.release();
        assertThat(afterRows.awaitArrival(SOON)).isTrue();
        replaying.agents().save(late);
        assertThat(letters.replay(letters.open(1).get(0).id())).isTrue();
      }
      assertThat(report.get(60, TimeUnit.SECONDS).found()).isEmpty();
      assertThat(report.get().compared()).isEqualTo(1);
    }
  }
}
