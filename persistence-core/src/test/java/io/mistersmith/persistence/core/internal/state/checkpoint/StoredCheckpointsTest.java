package io.mistersmith.persistence.core.internal.state.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.core.internal.codec.Sealing;
import io.mistersmith.persistence.core.internal.state.cache.CacheContext;
import io.mistersmith.persistence.core.internal.state.cache.L1;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.core.internal.state.journal.BucketOwner;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.core.internal.state.lifecycle.AgentStates;
import io.mistersmith.persistence.core.internal.state.tier.CommitWaits;
import io.mistersmith.persistence.core.internal.state.tier.Freshness;
import io.mistersmith.persistence.core.internal.state.tier.KnownRevisions;
import io.mistersmith.persistence.core.internal.state.tier.SqlTier;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.core.internal.state.tier.Tiers;
import io.mistersmith.persistence.core.internal.state.tier.WritesUnderWay;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.HybridClock;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import io.mistersmith.persistence.state.SaveOptions.Expected;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
      stores.sql().agents().save(agent, AgentStore.NONE);
      TieredStore store = store(config, stores);
      StoredCheckpoints checkpoints = checkpoints(stores, store, Commits.NONE);
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

  /**
   * The wait for an agent waits for its late letters, and fails as transient while there are any.
   */
  @Test
  void waitsForLettersThatAreReplayedByThemselvesUnlessTheyAreAllowed() {
    PersistenceConfig config = PersistenceConfig.inMemory().build();
    List<String> waits = new ArrayList<>();
    Commits commits =
        new Commits() {
          @Override
          public void await(StateKey key, Revision.OfJournal revision, Duration limit) {}

          @Override
          public void awaitStep(Map<StateKey, Revision.OfJournal> step, Duration limit) {}

          @Override
          public void awaitAgent(AgentId agent, Revision.OfJournal revision, Duration limit) {
            waits.add("agent");
          }

          @Override
          public void awaitAll(String what, Revision.OfJournal revision, Duration limit) {
            waits.add("all");
          }
        };
    try (Stores stores = new InMemoryStores().open(config)) {
      Agent agent = Agent.of("test", "tester");
      stores.sql().agents().save(agent, AgentStore.NONE);
      TieredStore store = store(config, stores);
      StoredCheckpoints checkpoints = checkpoints(stores, store, commits);
      Revision unused =
          store.write(
              StateKey.of(agent.id(), "k"),
              "1".getBytes(UTF_8),
              new Expected.Anything(),
              Optional.empty());
      CheckpointOptions options = CheckpointOptions.full();
      for (CheckpointOptions each : List.of(options, options.allowingDeadLetters())) {
        assertThatThrownBy(() -> checkpoints.create(agent.id(), each))
            .as("not flushed")
            .isNotNull();
      }
      assertThat(waits).containsExactly("agent", "all");
    }
  }

  @Test
  void namesLostCheckpointsThatATransactionMadeOrADeleteWasRefusedFor() {
    PersistenceConfig config = PersistenceConfig.inMemory().build();
    try (Stores stores = new InMemoryStores().open(config)) {
      Agent agent = Agent.of("test", "tester");
      stores.sql().agents().save(agent, AgentStore.NONE);
      StoredCheckpoints checkpoints = checkpoints(config, stores);
      Checkpoint parent = checkpoints.create(agent.id(), CheckpointOptions.full());
      List<Runnable> afterCommit = new ArrayList<>();
      Checkpoint child =
          stores
              .sql()
              .inTransaction(
                  SqlOptions.of("test").withIsolation(Isolation.REPEATABLE_READ),
                  unit ->
                      checkpoints
                          .in(unit, afterCommit::add)
                          .create(agent.id(), CheckpointOptions.changes()));
      afterCommit.forEach(Runnable::run);
      assertThatThrownBy(() -> checkpoints.delete(parent.id()))
          .isInstanceOf(NonTransientPersistenceException.class);
      assertThat(checkpoints.lost()).isEmpty();

      stores
          .sql()
          .checkpoints()
          .delete(agent.id(), List.of(child.id(), parent.id()), LifecycleEvent.CHECKPOINT_DELETED);

      assertThat(checkpoints.lost()).containsExactlyInAnyOrder(parent.id(), child.id());
    }
  }

  @Test
  void aTransactionThatIsRolledBackHasNeitherMadeNorDeletedCheckpoints() {
    PersistenceConfig config = PersistenceConfig.inMemory().build();
    try (Stores stores = new InMemoryStores().open(config)) {
      Agent agent = Agent.of("test", "tester");
      stores.sql().agents().save(agent, AgentStore.NONE);
      StoredCheckpoints checkpoints = checkpoints(config, stores);
      Checkpoint kept = checkpoints.create(agent.id(), CheckpointOptions.full());
      assertThatThrownBy(
              () ->
                  stores
                      .sql()
                      .inTransaction(
                          SqlOptions.of("test").withIsolation(Isolation.REPEATABLE_READ),
                          unit -> {
                            Checkpoints bound = checkpoints.in(unit, afterCommit -> {});
                            assertThat(bound.delete(kept.id())).isTrue();
                            Checkpoint unused = bound.create(agent.id(), CheckpointOptions.full());
                            throw new IllegalStateException("rolled back");
                          }))
          .hasMessageContaining("rolled back");
      assertThat(checkpoints.lost()).isEmpty();
      stores
          .sql()
          .checkpoints()
          .delete(agent.id(), List.of(kept.id()), LifecycleEvent.CHECKPOINT_DELETED);
      assertThat(checkpoints.lost()).containsExactly(kept.id());
    }
  }

  private static StoredCheckpoints checkpoints(PersistenceConfig config, Stores stores) {
    return checkpoints(stores, store(config, stores), Commits.NONE);
  }

  private static StoredCheckpoints checkpoints(Stores stores, TieredStore store, Commits commits) {
    return new StoredCheckpoints(
        stores.sql(),
        store,
        commits,
        new Restorer(store, commits, stores.sql().lifecycleEvents(), HybridClock.system("test")));
  }

  private static TieredStore store(PersistenceConfig config, Stores stores) {
    HotBucket bucket = stores.hot().bucket(Bucket.AGENT_STATE);
    JournalTracker tracker =
        new JournalTracker(
            bucket.journal(),
            stores.sql().journals(),
            new BucketOwner(
                bucket.journal(), stores.sql().journals().installation(), Optional.empty()),
            Duration.ofSeconds(1),
            PersistenceListener.NOOP,
            config.clock());
    KnownRevisions<StateKey> known = new KnownRevisions<>(100, config.clock());
    Services services = new Services(PersistenceListener.NOOP);
    CacheContext around =
        new CacheContext(
            bucket.journal(),
            tracker,
            known::of,
            config.clock(),
            config.clock(),
            Duration.ZERO,
            Optional.empty(),
            Runnable::run,
            services);
    return new TieredStore(
        new Tiers(
            bucket.reads(),
            bucket.writes(),
            bucket.journal(),
            Optional.of(
                new SqlTier(
                    stores.sql().states(),
                    new AgentStates(
                        10, Duration.ofMinutes(30), config.clock(), PersistenceListener.NOOP),
                    Freshness.of(config.clock(), Duration.ofMinutes(30)),
                    owner -> false,
                    key -> false,
                    Optional::empty)),
            tracker,
            known,
            config.clock(),
            PersistenceListener.NOOP,
            Runnable::run,
            new L1<>(config.cache(), false, around),
            services,
            Sealing.NONE),
        new WritesUnderWay("bucket " + bucket.name(), () -> {}),
        Optional.empty(),
        new CommitWaits(
            Commits.NONE,
            Duration.ZERO,
            false,
            Window.of(config.nats()),
            Runnable::run,
            Runnable::run),
        Window.of(config.nats()));
  }
}
