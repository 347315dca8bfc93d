package io.mistersmith.persistence.core.internal.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.cache.L1;
import io.mistersmith.persistence.core.internal.cache.Surroundings;
import io.mistersmith.persistence.core.internal.flush.Commits;
import io.mistersmith.persistence.core.internal.journal.JournalTracker;
import io.mistersmith.persistence.core.internal.resilience.Window;
import io.mistersmith.persistence.core.internal.routing.AgentUse;
import io.mistersmith.persistence.core.internal.routing.Freshness;
import io.mistersmith.persistence.core.internal.routing.KnownRevisions;
import io.mistersmith.persistence.core.internal.routing.TieredStore;
import io.mistersmith.persistence.core.internal.routing.Tiers;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.lifecycle.CheckpointOptions;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.HybridClock;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.monitor.PersistenceListener;
import io.mistersmith.persistence.repository.Expected;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StoredCheckpointsTest {

  /**
   * PostgreSQL may be put back, to a copy or a standby, once the wait is over. Here nobody flushes,
   * and the wait is left out.
   */
  @Test
  void aStoreThatHasNotGotTheLastWriteMakesNoCheckpoint() {
    PersistenceConfig config = PersistenceConfig.inMemory().build();
    try (Stores stores = new InMemoryStores().open(config)) {
      Agent agent = Agent.of("test", "tester");
      stores.agents().save(agent, AgentStore.NONE);
      TieredStore store = store(config, stores);
      StoredCheckpoints checkpoints =
          new StoredCheckpoints(
              stores.checkpoints(),
              stores.agents(),
              store,
              Commits.NONE,
              new Restorer(
                  store, Commits.NONE, stores.lifecycleEvents(), HybridClock.system("test")));
      assertThat(checkpoints.create(agent.id(), CheckpointOptions.full()).entries()).isZero();

      Revision last =
          store.write(
              StateKey.of(agent.id(), "k"),
              "1".getBytes(UTF_8),
              new Expected.Anything(),
              Optional.empty());

      assertThatThrownBy(() -> checkpoints.create(agent.id(), CheckpointOptions.full()))
          .hasMessageContaining(last.toString())
          .isInstanceOfSatisfying(
              TransientPersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.CONSISTENCY_VIOLATION));
    }
  }

  private static TieredStore store(PersistenceConfig config, Stores stores) {
    HotBucket bucket = stores.bucket(Bucket.AGENT_STATE);
    JournalTracker tracker =
        new JournalTracker(
            bucket,
            stores.journals(),
            Duration.ofSeconds(1),
            PersistenceListener.NOOP,
            config.clock());
    KnownRevisions<StateKey> known = new KnownRevisions<>(100, config.clock());
    ServiceHealth health = new ServiceHealth(PersistenceListener.NOOP);
    Surroundings around =
        new Surroundings(
            bucket,
            tracker,
            known::of,
            config.clock(),
            config.clock(),
            Duration.ZERO,
            agent -> {},
            Runnable::run,
            health);
    return new TieredStore(
        new Tiers(
            bucket,
            stores.states(),
            tracker,
            known,
            config.clock(),
            PersistenceListener.NOOP,
            Runnable::run,
            AgentUse.NONE,
            new L1<>(config.cache(), false, around),
            health,
            Freshness.UNLIMITED),
        Window.of(config.nats()));
  }
}
