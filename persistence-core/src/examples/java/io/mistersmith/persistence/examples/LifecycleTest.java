package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.AgentLifecycle;
import io.mistersmith.persistence.agent.Hydration;
import io.mistersmith.persistence.agent.LifecycleState;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How an agent that was idle is brought back before its next turn. */
class LifecycleTest {

  @Test
  void leavesWhenIdleAndComesBack() {
    ManualClock clock = ManualClock.create();
    FlushConfig sweepingOften =
        FlushConfig.builder()
            .idleTimeToLive(Duration.ofMinutes(30))
            .sweepInterval(Duration.ofMillis(20))
            .build();
    PersistenceConfig config =
        PersistenceConfig.inMemory().clock(clock).flush(sweepingOften).build();
    List<String> shown = new ArrayList<>();
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Agent ada = persistence.agents().save(Agent.of("planner", "Ada")).value();
      AgentId agent = ada.id();
      StateRepository<String> states = persistence.states(String.class);
      states.save(StateKey.of(ada.id(), "plan"), "by train");
      states.save(StateKey.of(ada.id(), "mood"), "calm");

      AgentLifecycle lifecycle = persistence.lifecycle();
      lifecycle.flush(agent, Duration.ofSeconds(10)); // FLUSHING, then ACTIVE: PostgreSQL has it
      clock.advance(Duration.ofHours(1)); // nobody uses it: EXPIRED, then COLD
      await().until(() -> lifecycle.state(agent) == LifecycleState.COLD);
      Hydration back =
          lifecycle.hydrate(agent, now -> shown.add(now.done() + " of " + now.total()));

      assertThat(back.keys()).isEqualTo(2);
      assertThat(lifecycle.state(agent)).isEqualTo(LifecycleState.ACTIVE);
      assertThat(shown).last().isEqualTo("2 of 2");
    }
  }
}
