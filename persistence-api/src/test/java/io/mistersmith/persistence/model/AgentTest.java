package io.mistersmith.persistence.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AgentTest {

  @Test
  void copiesOnChangeAndKeepsItsOwnMaps() {
    Map<String, Object> capabilities = new HashMap<>(Map.of("tools", 3));
    Agent agent = Agent.of("planner", "Ada").withCapabilities(capabilities);
    capabilities.clear();
    Agent active = agent.withStatus(Agent.Status.ACTIVE);
    assertThat(active.capabilities()).containsEntry("tools", 3);
    assertThat(agent.status()).isEqualTo(Agent.Status.INITIALIZING);
  }

  @Test
  void checksWhatTheRegistryChecks() {
    assertThatThrownBy(() -> Agent.of("", "Ada")).hasMessageContaining("type has 0");
    assertThatThrownBy(() -> Agent.of("x".repeat(51), "Ada")).hasMessageContaining("type has 51");
    assertThatThrownBy(() -> Agent.of("planner", "x".repeat(256)))
        .hasMessageContaining("name has 256");
    Agent agent = Agent.of("planner", "Ada");
    assertThatThrownBy(() -> agent.withParent(agent.id())).hasMessageContaining("own parent");
  }
}
