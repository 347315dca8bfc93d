package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * How an agent is unit-tested: the real engine, stores in memory, and a clock that the test moves.
 */
class AgentUnitTest {

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores stores = new InMemoryStores();
  private final Agent agent = Agent.of("greeter", "Ada");
  private final StateKey hint = StateKey.of(agent.id(), "hint");
  private Persistence persistence = open();

  private Persistence open() {
    return Persistence.open(PersistenceConfig.inMemory().clock(clock).build(), stores);
  }

  @BeforeEach
  void register() {
    persistence.agents().save(agent);
  }

  @AfterEach
  void close() {
    persistence.close();
  }

  @Test
  void forgetsAHintWhenItsTimeHasPassed() {
    StateRepository<String> hints = persistence.states(String.class);
    SaveOptions forAnHour = SaveOptions.unconditional().withTimeToLive(Duration.ofHours(1));
    hints.save(hint, "prefers the window", forAnHour);
    clock.advance(Duration.ofMinutes(59));
    assertThat(hints.find(hint)).isPresent();
    clock.advance(Duration.ofMinutes(2));
    assertThat(hints.find(hint)).isEmpty();
  }

  @Test
  void remembersAHintAfterARestart() {
    persistence.states(String.class).save(hint, "prefers the window");
    persistence.close();
    persistence = open(); // another process over the same stores
    assertThat(persistence.states(String.class).find(hint).orElseThrow().value())
        .isEqualTo("prefers the window");
  }

  @Test
  void losesToAFasterWriter() {
    StateRepository<String> hints = persistence.states(String.class);
    Versioned<String> read = hints.save(hint, "prefers the window");
    hints.save(hint, "prefers the aisle"); // somebody else
    SaveOptions unchanged = SaveOptions.at(read.revision());
    assertThatThrownBy(() -> hints.save(hint, "sits anywhere", unchanged))
        .isInstanceOf(TransientPersistenceException.class);
  }
}
