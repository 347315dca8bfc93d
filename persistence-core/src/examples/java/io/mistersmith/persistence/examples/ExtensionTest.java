package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.junit.PersistenceExtension;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A test that names what it needs; the extension opens and closes it, and finds leaked threads. */
@ExtendWith(PersistenceExtension.class)
class ExtensionTest {

  @Test
  void failsWhileTheStoreIsDown(Persistence persistence, InMemoryStores stores) {
    StateRepository<String> states = persistence.states(String.class);
    Agent agent = persistence.agents().save(Agent.of("planner", "Ada")).value();
    StateKey key = StateKey.of(agent.id(), "plan");
    stores.hotOutage(true);
    assertThatThrownBy(() -> states.save(key, "by train"))
        .isInstanceOf(TransientPersistenceException.class);
    stores.hotOutage(false);
    assertThat(states.save(key, "by train").value()).isEqualTo("by train");
  }
}
