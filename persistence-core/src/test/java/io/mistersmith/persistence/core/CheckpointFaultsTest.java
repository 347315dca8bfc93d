package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.Checkpoints.PruneRule;
import io.mistersmith.persistence.checkpoint.Checkpoints.Pruned;
import io.mistersmith.persistence.checkpoint.Checkpoints.Restored;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock.Causality;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.junit.PersistenceExtension;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Checkpoints while calls are lost, held and overtaken. */
@ExtendWith(PersistenceExtension.class)
class CheckpointFaultsTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");

  @Test
  void aWriteThatOvertakesARestoreIsSeenByIt(Persistence persistence, Faults faults)
      throws Exception {
    persistence.agents().save(agent);
    StateRepository<String> states =
        persistence.states(
            StateType.untyped(String.class)
                .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
    states.save(key, "kept");
    Checkpoint made = persistence.checkpoints().create(agent.id(), CheckpointOptions.full());
    states.save(key, "saved");

    Versioned<String> overtaking;
    CompletableFuture<Restored> restoring;
    try (Gate beforeWrite = faults.on(Call.PUBLISH).pauseBefore()) {
      restoring =
          CompletableFuture.supplyAsync(() -> persistence.checkpoints().restore(made.id(), SOON));
      beforeWrite.awaitArrival(SOON);
      overtaking = states.save(key, "overtakes");
      beforeWrite.release();
      assertThat(restoring.get(60, TimeUnit.SECONDS).written()).isEqualTo(1);
    }
    Versioned<String> restored = states.find(key).orElseThrow();
    assertThat(restored.value()).isEqualTo("kept");
    assertThat(restored.clock().compare(overtaking.clock())).isEqualTo(Causality.AFTER);
  }

  @Test
  void aRestoreWhoseWritesAreLostIsRunAgain(Persistence persistence, Faults faults) {
    persistence.agents().save(agent);
    StateRepository<Object> states = persistence.states(Object.class);
    for (int i = 0; i < 20; i++) {
      states.save(StateKey.of(agent.id(), "k" + i), 1);
    }
    Checkpoint made = persistence.checkpoints().create(agent.id(), CheckpointOptions.full());
    for (int i = 0; i < 20; i++) {
      states.save(StateKey.of(agent.id(), "k" + i), 2);
    }
    faults.on(Call.PUBLISH).passNext(7).loseNextRequests(1);
    assertThatThrownBy(() -> persistence.checkpoints().restore(made.id(), SOON))
        .isInstanceOf(TransientPersistenceException.class);
    Restored restored = persistence.checkpoints().restore(made.id(), SOON);
    assertThat(restored.unchanged()).isBetween(7, 19);
    assertThat(restored.written()).isEqualTo(20 - restored.unchanged());
    for (int i = 0; i < 20; i++) {
      assertThat(states.find(StateKey.of(agent.id(), "k" + i)).orElseThrow().value()).isEqualTo(1);
    }
  }

  @Test
  void anEventWhoseAnswerWasLostIsRecordedOnce(Persistence persistence, Faults faults) {
    persistence.agents().save(agent);
    persistence.states(Object.class).save(key, 1);
    Checkpoint made = persistence.checkpoints().create(agent.id(), CheckpointOptions.full());
    faults.on(Call.SQL_WRITE).loseNextAcknowledgements(2);
    persistence.checkpoints().restore(made.id(), SOON);
    assertThat(persistence.lifecycleEvents().list(agent.id(), 10))
        .extracting(LifecycleEvent::type)
        .containsExactly("checkpoint_restored", "checkpoint_created", "registered");
  }

  @Test
  void aWriteOfAnotherRuntimeThatOvertakesARestoreIsSeenByIt(
      Persistence persistence, Faults faults, InMemoryStores stores, ManualClock clock)
      throws Exception {
    persistence.agents().save(agent);
    ConflictRules<String> rules = ConflictRules.of(ConflictResolver.lastWriteWins());
    persistence.states(StateType.untyped(String.class).withRules(rules)).save(key, "kept");
    Checkpoint made = persistence.checkpoints().create(agent.id(), CheckpointOptions.full());
    persistence.states(StateType.untyped(String.class).withRules(rules)).save(key, "saved");
    try (Persistence other =
            Persistence.open(PersistenceConfig.inMemory().clock(clock).build(), stores);
        Gate beforeWrite = faults.on(Call.PUBLISH).pauseBefore()) {
      CompletableFuture<Restored> restoring =
          CompletableFuture.supplyAsync(() -> persistence.checkpoints().restore(made.id(), SOON));
      assertThat(beforeWrite.awaitArrival(SOON)).isTrue();
      clock.advance(Duration.ofSeconds(1));
      Versioned<String> overtaking =
          other.states(StateType.untyped(String.class).withRules(rules)).save(key, "overtakes");
      assertThat(overtaking.value()).isEqualTo("overtakes");
      beforeWrite.release();
      assertThat(restoring.get(60, TimeUnit.SECONDS).written()).isEqualTo(1);
      Versioned<String> restored = other.states(String.class).find(key).orElseThrow();
      assertThat(restored.value()).isEqualTo("kept");
      assertThat(restored.clock().compare(overtaking.clock())).isEqualTo(Causality.AFTER);
    }
  }

  @Test
  void aRestoreEndsWhenItIsCommitted(Persistence persistence, Faults faults) {
    persistence.agents().save(agent);
    StateRepository<Object> states = persistence.states(Object.class);
    states.save(key, 1);
    Checkpoint made = persistence.checkpoints().create(agent.id(), CheckpointOptions.full());
    states.save(key, 2);
    persistence.lifecycle().flush(agent.id(), SOON);
    try (Gate beforeFlush = faults.on(Call.APPLY).pauseBefore()) {
      assertThatThrownBy(() -> persistence.checkpoints().restore(made.id(), Duration.ofMillis(500)))
          .isInstanceOf(TransientPersistenceException.class)
          .hasMessageContaining(agent.id().toString());
      beforeFlush.release();
      assertThat(persistence.checkpoints().restore(made.id(), SOON).unchanged()).isEqualTo(1);
    }
  }

  @Test
  void aCheckpointThatAChildOvertakesIsNotPruned(
      Persistence persistence, Faults faults, ManualClock clock) throws Exception {
    persistence.agents().save(agent);
    Checkpoint parent = persistence.checkpoints().create(agent.id(), CheckpointOptions.full());
    clock.advance(Duration.ofDays(2));
    try (Gate beforeDelete = faults.on(Call.SQL_WRITE).pauseBefore()) {
      CompletableFuture<Pruned> pruning =
          CompletableFuture.supplyAsync(
              () ->
                  persistence
                      .checkpoints()
                      .prune(agent.id(), PruneRule.olderThan(Duration.ofDays(1))));
      assertThat(beforeDelete.awaitArrival(SOON)).isTrue();
      Checkpoint child = persistence.checkpoints().create(agent.id(), CheckpointOptions.changes());
      assertThat(child.parent()).contains(parent.id());
      beforeDelete.release();
      Pruned pruned = pruning.get(60, TimeUnit.SECONDS);
      assertThat(pruned.removed()).isEmpty();
      assertThat(pruned.needed()).containsExactly(parent.id());
      assertThat(pruned.kept()).isEqualTo(2);
    }
  }

  @Test
  void aCheckpointWhoseParentGoesMeanwhileStandsAlone(Persistence persistence, Faults faults)
      throws Exception {
    persistence.agents().save(agent);
    Checkpoint parent = persistence.checkpoints().create(agent.id(), CheckpointOptions.full());
    try (Gate beforeInsert = faults.on(Call.SQL_WRITE).pauseBefore()) {
      CompletableFuture<Checkpoint> creating =
          CompletableFuture.supplyAsync(
              () -> persistence.checkpoints().create(agent.id(), CheckpointOptions.changes()));
      assertThat(beforeInsert.awaitArrival(SOON)).isTrue();
      assertThat(persistence.checkpoints().delete(parent.id())).isTrue();
      beforeInsert.release();
      assertThat(creating.get(60, TimeUnit.SECONDS).isIncremental()).isFalse();
    }
  }

  /** Where lists lag, the own last write is known all the same, and PostgreSQL has it by then. */
  @Test
  void whatAListHasNotYetIsCopiedAndRestored(InMemoryStores stores) {
    Faults lagging = new Faults(1);
    lagging.staleReplicas(true);
    try (Persistence persistence =
        Persistence.open(PersistenceConfig.inMemory().build(), new FaultyStores(stores, lagging))) {
      persistence.agents().save(agent);
      StateRepository<Object> states = persistence.states(Object.class);
      Checkpoint empty = persistence.checkpoints().create(agent.id(), CheckpointOptions.full());
      states.save(key, 1);
      Checkpoint one = persistence.checkpoints().create(agent.id(), CheckpointOptions.full());
      assertThat(one.entries()).isEqualTo(1);
      states.save(StateKey.of(agent.id(), "unlisted"), 1);
      assertThat(persistence.checkpoints().restore(empty.id(), SOON).deleted()).isEqualTo(2);
      // A replica that has the last but one, which is the copied one.
      states.save(key, 1);
      states.save(key, 2);
      assertThat(persistence.checkpoints().restore(one.id(), SOON).written()).isEqualTo(1);
    }
  }
}
