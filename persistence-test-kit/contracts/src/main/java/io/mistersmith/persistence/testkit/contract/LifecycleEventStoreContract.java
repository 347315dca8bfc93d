package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.LifecycleEventStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The contract of a store of agents' lifecycle events. */
public abstract class LifecycleEventStoreContract extends DurableContract {

  /** For implementations. */
  protected LifecycleEventStoreContract() {}

  private LifecycleEventStore events() {
    return stores().sql().lifecycleEvents();
  }

  private List<LifecycleEvent> of(AgentId agent) {
    return events().list(agent, Optional.empty(), 100);
  }

  @Test
  void anEventIsReadBackAsItWasRecordedAndRecordedOnce() {
    AgentId agent = register();
    AgentId other = register();
    LifecycleEvent event =
        new LifecycleEvent(
            UUID.randomUUID(),
            agent,
            "promoted",
            Optional.of(Agent.Status.IDLE),
            Optional.of(Agent.Status.ACTIVE),
            Map.of("why", "\u65e5'\"", "n", 3, "list", List.of(1, "a")),
            Optional.of(other),
            now().plusSeconds(60));
    assertThat(events().record(event)).isTrue();
    assertThat(events().record(event)).isFalse();
    assertThat(events().list(agent, Optional.empty(), 1)).containsExactly(event);
    assertThat(of(agent)).hasSize(2);
    assertThat(of(other)).hasSize(1);
  }

  @Test
  void theLatestAreListedFirst() {
    AgentId agent = register();
    Instant later = now().plusSeconds(60);
    for (int i = 1; i <= 3; i++) {
      events().record(LifecycleEvent.of(agent, "e" + i, Map.of(), later.plusMillis(i)));
    }
    assertThat(of(agent))
        .extracting(LifecycleEvent::type)
        .containsExactly("e3", "e2", "e1", "registered");
    assertThat(events().list(agent, Optional.empty(), 2))
        .extracting(LifecycleEvent::type)
        .containsExactly("e3", "e2");
    assertThat(events().list(agent, Optional.of(later.plusMillis(2)), 10))
        .extracting(LifecycleEvent::type)
        .containsExactly("e3", "e2");
  }

  @Test
  void anAgentThatIsNotRegisteredHasNone() {
    AgentId nobody = AgentId.random();
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> events().record(LifecycleEvent.of(nobody, "x", Map.of(), now())));
    assertThat(of(nobody)).isEmpty();
    AgentId agent = register();
    assertThat(stores().sql().agents().delete(agent, AgentStore.ANY)).isTrue();
    assertThat(of(agent)).isEmpty();
  }

  @Test
  void registrationsAndChangesOfStatusAreRecorded() {
    Agent agent = Agent.of("contract", "one");
    AgentStore agents = stores().sql().agents();
    long version = agents.save(agent, AgentStore.ANY).version();
    agents.save(agent.withStatus(Agent.Status.ACTIVE), version);
    agents.save(
        agent.withStatus(Agent.Status.ACTIVE).withConfiguration(Map.of("a", 1)), version + 1);
    agents.save(agent.withStatus(Agent.Status.ERROR), AgentStore.ANY);
    assertFails(
        DataError.VERSION_CONFLICT, () -> agents.save(agent.withStatus(Agent.Status.IDLE), 1));
    assertFails(DataError.DUPLICATE_KEY, () -> agents.save(agent, AgentStore.NONE));

    List<LifecycleEvent> events = of(agent.id());
    assertThat(events)
        .extracting(LifecycleEvent::type)
        .containsExactly("status_changed", "status_changed", "registered");
    assertThat(events)
        .extracting(LifecycleEvent::previousStatus)
        .containsExactly(
            Optional.of(Agent.Status.ACTIVE),
            Optional.of(Agent.Status.INITIALIZING),
            Optional.empty());
    assertThat(events)
        .extracting(event -> event.newStatus().orElseThrow())
        .containsExactly(Agent.Status.ERROR, Agent.Status.ACTIVE, Agent.Status.INITIALIZING);
  }
}
