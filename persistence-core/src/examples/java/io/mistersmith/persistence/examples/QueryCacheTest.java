package io.mistersmith.persistence.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.QueryCache;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import org.junit.jupiter.api.Test;

/** How a query that is asked all the time is answered without asking it. */
class QueryCacheTest {

  @Test
  void countsAgainAfterAnInvalidation() {
    try (Persistence persistence =
        Persistence.open(PersistenceConfig.inMemory().build(), new InMemoryStores())) {
      Agent agent = persistence.agents().save(Agent.of("scout", "one")).value();
      StateRepository<String> notes = persistence.states(String.class);
      AgentId scout = agent.id();
      notes.save(StateKey.of(scout, "note.1"), "a river");
      QueryCache<Integer> counts = persistence.queries("number of notes", Integer.class);
      int before = counts.get(scout.name(), () -> notes.keys(scout, "note.").size());
      notes.save(StateKey.of(scout, "note.2"), "a bridge");
      assertEquals(1, before);
      assertEquals(1, counts.get(scout.name(), () -> notes.keys(scout, "note.").size()));
      counts.invalidate(scout.name()); // for all processes
      assertEquals(2, counts.get(scout.name(), () -> notes.keys(scout, "note.").size()));
    }
  }
}
