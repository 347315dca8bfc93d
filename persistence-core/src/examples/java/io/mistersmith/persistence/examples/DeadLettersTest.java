package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.operations.DeadLetters.DeadLetter;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** How an operator learns of entries that PostgreSQL refused, and handles them. */
class DeadLettersTest {

  @Test
  void replaysWhatWasRefusedWhenTheCauseIsGone() {
    List<PersistenceEvent> alarms = new CopyOnWriteArrayList<>();
    PersistenceConfig config =
        PersistenceConfig.inMemory()
            .listener(PersistenceListener.of(PersistenceEvent.DeadLettered.class, alarms::add))
            .build();
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Agent forgotten = Agent.of("planner", "Ada"); // not registered
      StateRepository<String> states = persistence.states(String.class);
      states.save(StateKey.of(forgotten.id(), "plan"), "by train");
      assertThatThrownBy(
              () -> persistence.lifecycle().flush(forgotten.id(), Duration.ofSeconds(10)))
          .isInstanceOf(NonTransientPersistenceException.class);
      await().atMost(Duration.ofSeconds(10)).until(() -> !alarms.isEmpty());

      DeadLetters letters = persistence.operations().deadLetters();
      List<DeadLetter> open = letters.open(100); // oldest first, each with its reason
      persistence.agents().save(forgotten); // the cause is gone
      DeadLetters.Replay replay =
          letters.replayAll(DeadLetters.Filter.all().ofAgent(forgotten.id()));

      assertThat(open).hasSize(1);
      assertThat(replay.replayed()).isEqualTo(1);
      assertThat(letters.count()).isZero();
    }
  }
}
