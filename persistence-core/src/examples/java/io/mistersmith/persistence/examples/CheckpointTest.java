package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.checkpoint.Checkpoints.PruneRule;
import io.mistersmith.persistence.checkpoint.ForkOptions;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How an agent goes back to an earlier state, and how another one begins with it. */
class CheckpointTest {

  @Test
  void goesBackAndBranchesOff() {
    PersistenceConfig config = PersistenceConfig.inMemory().build();
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Agent agent = persistence.agents().save(Agent.of("planner", "Ada")).value();
      Agent second = persistence.agents().save(Agent.of("planner", "Grace")).value();
      StateRepository<String> states = persistence.states(String.class);
      StateKey plan = StateKey.of(agent.id(), "plan");
      states.save(plan, "by train");

      Checkpoints checkpoints = persistence.checkpoints();
      Checkpoint before =
          checkpoints.create(agent.id(), CheckpointOptions.full().withName("before booking"));
      states.save(plan, "by balloon");
      checkpoints.restore(before.id(), Duration.ofSeconds(10)); // back to "by train"
      checkpoints.fork(before.id(), second.id(), ForkOptions.toEmpty(Duration.ofSeconds(10)));
      checkpoints.prune(agent.id(), PruneRule.olderThan(Duration.ofDays(30)).butKeepLatest(3));

      assertThat(states.find(plan).orElseThrow().value()).isEqualTo("by train");
      StateKey secondPlan = StateKey.of(second.id(), "plan");
      assertThat(states.find(secondPlan).orElseThrow().value()).isEqualTo("by train");
      assertThat(checkpoints.list(agent.id())).containsExactly(before);
    }
  }
}
