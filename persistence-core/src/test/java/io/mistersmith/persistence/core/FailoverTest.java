package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent.FailoverChecked;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.memory.SqlSnapshot;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is restored after a promotion that took the durable store back. */
class FailoverTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final InMemoryStores stores = new InMemoryStores(ManualClock.create());
  private final PromotedSql promoted = new PromotedSql(stores);
  private final Queue<FailoverChecked> checked = new ConcurrentLinkedQueue<>();
  private final PersistenceConfig config =
      PersistenceConfig.inMemory()
          .listener(PersistenceListener.of(FailoverChecked.class, checked::add))
          .build();

  private FailoverChecked awaitCheck() {
    await().atMost(SOON).until(() -> !checked.isEmpty());
    return checked.remove();
  }

  @Test
  void anAgentWhoseLostVersionHasALostParentIsRestoredBehindIt() {
    try (Persistence persistence = Persistence.open(config, promoted)) {
      Agent child = persistence.agents().save(Agent.of("test", "child")).value();
      SqlSnapshot before = stores.snapshotSql();
      Agent parent = persistence.agents().save(Agent.of("test", "parent")).value();
      persistence.agents().update(child.id(), agent -> agent.withParent(parent.id()));

      stores.restoreSql(before);
      promoted.announce(2);

      FailoverChecked found = awaitCheck();
      assertThat(found.restoredAgents()).containsExactlyInAnyOrder(child.id(), parent.id());
      assertThat(found.refusedAgents()).isEmpty();
      assertThat(persistence.agents().find(child.id()).orElseThrow().value().parent())
          .contains(parent.id());
    }
  }

  @Test
  void anEntryThatCannotBeReadKeepsNoOtherAgentFromBeingRestored() {
    try (Persistence persistence = Persistence.open(config, promoted)) {
      SqlSnapshot before = stores.snapshotSql();
      AgentId lost = persistence.agents().save(Agent.of("test", "lost")).value().id();
      AgentId foreign = AgentId.random();
      try (Stores probe = stores.open(config)) {
        probe
            .hot()
            .bucket(Bucket.AGENT_CONFIG)
            .writes()
            .publish(
                StateKey.of(foreign, "registry"),
                Operation.PUT,
                "{}".getBytes(StandardCharsets.UTF_8),
                EntryMetadata.published(new Revision.OfRow(1)),
                HotWrites.NONE);
      }

      stores.restoreSql(before);
      promoted.announce(2);

      FailoverChecked found = awaitCheck();
      assertThat(found.restoredAgents()).containsExactly(lost);
      assertThat(found.refusedAgents()).containsExactly(foreign);
    }
  }

  private AgentId loseAgentAndRefuseItsEntry(Persistence persistence, StateKey[] entry) {
    SqlSnapshot before = stores.snapshotSql();
    AgentId agent = persistence.agents().save(Agent.of("test", "lost")).value().id();
    stores.restoreSql(before);
    entry[0] = StateKey.of(agent, "k");
    assertThat(persistence.states(String.class).save(entry[0], "1").value()).isEqualTo("1");
    await().atMost(SOON).until(() -> persistence.operations().deadLetters().count() == 1);
    return agent;
  }

  private boolean hasRow(StateKey key) {
    try (Stores probe = stores.open(config)) {
      return probe.sql().states().find(key).isPresent();
    }
  }

  @Test
  void anEntryIsReplayedThoughTheAttemptThatRestoredItsAgentFailed() {
    StateKey[] entry = new StateKey[1];
    try (Persistence persistence = Persistence.open(config, promoted)) {
      AgentId agent = loseAgentAndRefuseItsEntry(persistence, entry);
      AtomicInteger pages = new AtomicInteger();
      promoted.onLetters(
          () -> {
            if (pages.getAndIncrement() == 0) {
              // One that the guard does not repeat.
              throw new NonTransientPersistenceException(DataError.ACCESS_DENIED, "not now");
            }
            return null;
          });
      promoted.announce(2);

      FailoverChecked found = awaitCheck();
      assertThat(found.restoredAgents()).containsExactly(agent);
      assertThat(found.replayedDeadLetters()).isOne();
      assertThat(hasRow(entry[0])).isTrue();
    }
  }

  @Test
  void anEntryThatAFlushUnderWayRefusesAfterTheReplayIsReplayedToo() {
    StateKey[] entry = new StateKey[1];
    try (Persistence persistence = Persistence.open(config, promoted)) {
      AgentId agent = loseAgentAndRefuseItsEntry(persistence, entry);
      AtomicInteger pages = new AtomicInteger();
      // Not committed yet.
      promoted.onLetters(() -> pages.getAndIncrement() == 0 ? List.of() : null);
      promoted.announce(2);

      FailoverChecked found = awaitCheck();
      assertThat(found.restoredAgents()).containsExactly(agent);
      assertThat(found.replayedDeadLetters()).isZero();
      await().atMost(SOON).until(() -> hasRow(entry[0]));
      assertThat(persistence.operations().deadLetters().count()).isZero();
    }
  }
}
