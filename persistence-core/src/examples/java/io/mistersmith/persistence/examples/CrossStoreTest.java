package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.CrossStore;
import io.mistersmith.persistence.saga.CrossStoreOptions;
import io.mistersmith.persistence.saga.CrossStoreOptions.Strategy;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.saga.EntryWrite;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Rows in PostgreSQL and entries in KV that are committed together. */
class CrossStoreTest {

  private final PersistenceConfig config = PersistenceConfig.inMemory().build();
  private final StateType<String> boards = StateType.of("board", String.class);
  private final AgentId team = AgentId.external("team 7");

  @Test
  void commitsATaskAndAnEntryTogether() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      UUID task =
          persistence
              .crossStore()
              .run(
                  CrossStoreOptions.of(Strategy.TWO_PHASE_COMMIT, "assign the review"),
                  both -> {
                    both.write(EntryChange.put(boards, team, "review", "assigned"));
                    return both.transaction().tasks().enqueue(NewTask.of("review", Map.of()));
                  });

      assertThat(persistence.tasks().find(task)).isPresent();
      assertThat(
              persistence.states(boards).find(StateKey.of(team, "review").withType(boards.name())))
          .isPresent();
    }
  }

  @Test
  void listsChangesThatWereRefused() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      CrossStore crossStore = persistence.crossStore();
      for (EntryWrite refused : crossStore.refused(100)) {
        System.out.println(refused.path() + " " + refused.refused().orElse(""));
        crossStore.drop(refused.owner(), refused.path()); // or retry(owner, path)
      }

      assertThat(crossStore.refused(100)).isEmpty();
    }
  }
}
