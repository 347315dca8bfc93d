package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.event.PersistenceEvent.FailoverChecked;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A standby that had lost its stream is promoted: the latest commits are gone. */
@Tag("fault")
@Tag("full")
@Tag("connections")
class FailoverLossIT {

  private static final Duration SOON = Duration.ofSeconds(40);

  @Test
  void whatThePromotedStandbyLacksIsFoundAndRestored() {
    Ledger ledger = new Ledger();
    Queue<FailoverChecked> checked = new ConcurrentLinkedQueue<>();
    try (FaultServers servers = FaultServers.start()) {
      Installation old = servers.installation();
      try (PostgresStandby standby = servers.postgres().standby("second");
          Persistence persistence =
              old.onAll(servers.postgres(), standby.server())
                  .open(PersistenceListener.of(FailoverChecked.class, checked::add))) {
        Installation promoted = old.on(standby.server());
        List<AgentId> agents = old.register(persistence, 4);
        AgentId changed = agents.get(0);
        AgentId deleted = old.register(persistence, 1).get(0);
        write(persistence, agents, 0, ledger);
        Checkpoint kept = persistence.checkpoints().create(changed, CheckpointOptions.full());
        old.awaitAll(ledger);
        standby.awaitReplayOf(servers.postgres());
        standby.disconnect();

        Versioned<Agent> later =
            persistence.agents().update(changed, agent -> agent.withStatus(Agent.Status.SUSPENDED));
        persistence.agents().delete(deleted);
        Agent parent = Agent.of("fault", "parent");
        Agent child = Agent.of("fault", "child").withParent(parent.id());
        persistence.agents().save(parent);
        persistence.agents().save(child);
        StateKey ofChild = StateKey.of(child.id(), "state");
        StateRepository<Long> states = persistence.states(Long.class);
        states.awaitDurable(ofChild, states.save(ofChild, 7L).revision(), SOON);
        StateKey ofStranger = StateKey.of(AgentId.random(), "state");
        assertThat(states.save(ofStranger, 8L).value()).isEqualTo(8L);
        write(persistence, agents, 1_000_000, ledger);
        old.awaitAll(ledger);
        await().atMost(SOON).until(() -> persistence.operations().deadLetters().count() == 1);
        Checkpoint lost = persistence.checkpoints().create(changed, CheckpointOptions.full());

        servers.postgres().kill();
        standby.promote();
        int missing = ledger.missingFrom(promoted.rows()).size();
        await().atMost(SOON).until(() -> !checked.isEmpty());
        promoted.awaitAll(ledger);
        await().atMost(SOON).until(() -> promoted.rows().containsKey(ofChild));
        await().atMost(SOON).until(() -> persistence.operations().deadLetters().count() == 1);

        FailoverChecked found = checked.remove();
        assertThat(found.timeline()).isEqualTo(2);
        assertThat(found.restoredAgents())
            .containsExactlyInAnyOrder(changed, parent.id(), child.id());
        assertThat(found.returnedAgents()).containsExactly(deleted);
        assertThat(found.refusedAgents()).isEmpty();
        assertThat(found.lostCheckpoints()).containsExactly(lost.id());
        assertThat(persistence.checkpoints().find(kept.id())).isPresent();
        assertThat(persistence.operations().deadLetters().open(9).get(0).key())
            .contains(ofStranger);
        assertThat(persistence.operations().notices())
            .anyMatch(notice -> notice.contains("1 checkpoints are lost"))
            .anyMatch(notice -> notice.contains("1 agents that were deleted exist again"));
        assertThat(
                promoted.query(
                    "SELECT version FROM agents.registry WHERE agent_id = '%s'".formatted(changed)))
            .as("a version is never given to two contents")
            .containsExactly("2");
        Versioned<Agent> again =
            persistence.agents().save(changed, later.value(), SaveOptions.at(later.revision()));
        assertThat(again.revision().isAfter(later.revision())).isTrue();
        assertThat(persistence.agents().find(changed).orElseThrow().revision())
            .isEqualTo(again.revision());
        servers.report(
            "FailoverLoss",
            ledger.settle(promoted),
            "missing_at_first=%d agents_restored=%d replayed=%d"
                .formatted(missing, found.restoredAgents().size(), found.replayedDeadLetters()));
        ledger.assertKept(promoted);
      }
    }
  }

  private static void write(
      Persistence persistence, List<AgentId> agents, long firstNumber, Ledger ledger) {
    StateRepository<Long> states = persistence.states(Long.class);
    try (Writers writers =
        Writers.start(2, states, agents, Writers.Keys.OVERWRITTEN, firstNumber, ledger)) {
      ledger.gaps().resume();
      Waits.moreAcknowledged(ledger, 1_000);
      writers.stop();
      ledger.gaps().suspend();
    }
  }
}
