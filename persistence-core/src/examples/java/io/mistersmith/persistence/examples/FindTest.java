package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.EventQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateQuery;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How agents and their state are found without their ids and keys. */
class FindTest {

  record Plan(String city, String note) {}

  @Test
  void findsAgents() {
    PersistenceConfig config = PersistenceConfig.inMemory().build();
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Agent ada =
          Agent.of("planner", "Ada")
              .withStatus(Agent.Status.ACTIVE)
              .withCapabilities(Map.of("tools", List.of("web", "files")));
      AgentId parent = persistence.agents().save(ada).value().id();
      Instant lately = config.clock().instant().minus(Duration.ofMinutes(5));

      AgentQuery browsing =
          AgentQuery.active().withType("planner").withCapabilities(Map.of("tools", List.of("web")));
      List<AgentId> browsers = new ArrayList<>();
      List<Versioned<Agent>> page = persistence.agents().find(browsing); // in pages of 100, by id
      while (!page.isEmpty()) {
        page.forEach(agent -> browsers.add(agent.value().id()));
        page = persistence.agents().find(browsing.after(browsers.get(browsers.size() - 1)));
      }
      List<Versioned<Agent>> children = persistence.agents().find(AgentQuery.childrenOf(parent));
      List<Versioned<Agent>> silent =
          persistence.agents().find(AgentQuery.active().silentSince(lately));
      List<LifecycleEvent> failures = // of all agents, latest first
          persistence.lifecycleEvents().find(EventQuery.toStatus(Agent.Status.ERROR).since(lately));

      assertThat(browsers).containsExactly(parent);
      assertThat(children).isEmpty();
      assertThat(silent).isEmpty();
      assertThat(failures).isEmpty();
    }
  }

  @Test
  void searchesState() {
    InMemoryStores stores = new InMemoryStores();
    stores.migrate("state_search"); // what migrateOnOpen("state_search") does to PostgreSQL
    try (Persistence persistence = Persistence.open(PersistenceConfig.inMemory().build(), stores)) {
      AgentId agent = persistence.agents().save(Agent.of("planner", "Ada")).value().id();
      StateKey key = StateKey.of(agent, "trip");
      StateRepository<Plan> plans = persistence.states(StateType.of("plans", Plan.class));
      plans.save(key, new Plan("Lisbon", "by night train"));
      plans.flush(key, Duration.ofSeconds(10)); // search sees what PostgreSQL has
      StateQuery trains =
          StateQuery.containing(Map.of("city", "Lisbon")).withWords("train").withPrefix("tr");
      Map<StateKey, DataResult<Versioned<Plan>>> found = plans.search(trains); // of all agents

      assertThat(found).containsOnlyKeys(key);
      assertThat(plans.search(trains.withOwner(agent).after(key))).isEmpty();
    }
  }
}
