package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Lease;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a backup of both stores keeps in the bucket while it runs. */
class BackupHoldTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores stores = new InMemoryStores();
  private final PersistenceConfig config =
      PersistenceConfig.inMemory()
          .clock(clock)
          .flush(FlushConfig.builder().closeDeadline(Duration.ofSeconds(2)).build())
          .build();

  @Test
  void anIdleEntryStaysUntilTheBackupOfItsStreamIsMade() {
    Agent agent = Agent.of("test", "tester");
    try (Persistence persistence = Persistence.open(config, stores);
        Stores direct = stores.open(config)) {
      persistence.agents().save(agent);
      String bucket = direct.hot().bucket(Bucket.AGENT_STATE).name();
      // Longer than all the time that passes below.
      assertThat(
              direct
                  .sql()
                  .journals()
                  .acquireLease("evictions/" + bucket, "backup", Duration.ofDays(3_650)))
          .isTrue();
      StateRepository<Integer> states = persistence.states(Integer.class);
      StateKey key = StateKey.of(agent.id(), "k");
      states.awaitDurable(key, states.save(key, 1).revision(), SOON);

      await()
          .during(Duration.ofSeconds(3))
          .atMost(SOON)
          .until(
              () -> {
                clock.advance(Duration.ofMinutes(3));
                return messages(direct) == 1;
              });

      direct.sql().journals().releaseLease("evictions/" + bucket, "backup");
      await()
          .atMost(SOON)
          .until(
              () -> {
                clock.advance(Duration.ofMinutes(3));
                return messages(direct) == 0;
              });
      assertThat(states.find(key)).isPresent();
    }
  }

  @Test
  void theLeaseHasTheNameThatBothSidesKnow() {
    try (Stores direct = stores.open(config)) {
      Lease evictor = Lease.ofEvictions(direct.sql().journals(), "B", "runtime");
      assertThat(evictor.hold()).isTrue();

      assertThat(direct.sql().journals().acquireLease("evictions/B", "backup", SOON)).isFalse();
      evictor.release();
      assertThat(direct.sql().journals().acquireLease("evictions/B", "backup", SOON)).isTrue();
    }
  }

  private static long messages(Stores stores) {
    return stores.hot().bucket(Bucket.AGENT_STATE).journal().state().messages();
  }
}
