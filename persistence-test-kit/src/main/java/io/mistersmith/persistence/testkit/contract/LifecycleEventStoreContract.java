package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.lifecycle.LifecycleEvent;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentStatus;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.LifecycleEventStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a store must do that keeps what has happened to agents. */
public abstract class LifecycleEventStoreContract extends DurableContract {

  /** For implementations. */
  protected LifecycleEventStoreContract() {}

  private LifecycleEventStore events() {
    return stores().lifecycleEvents();
  }

  private List<LifecycleEvent> of(UUID agent) {
    return events().list(agent, Optional.empty(), 100);
  }

  @Test
  void anEventIsReadBackAsItWasRecordedAndRecordedOnce() {
    UUID agent = register();
    UUID other = register();
    LifecycleEvent event =
        new LifecycleEvent(
            UUID.randomUUID(),
            agent,
            "promoted",
            Optional.of(AgentStatus.IDLE),
            Optional.of(AgentStatus.ACTIVE),
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
    UUID agent = register();
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
    UUID nobody = UUID.randomUUID();
    assertFails(
        DataError.CONSTRAINT_VIOLATION,
        () -> events().record(LifecycleEvent.of(nobody, "x", Map.of(), now())));
    assertThat(of(nobody)).isEmpty();
    UUID agent = register();
    assertThat(stores().agents().delete(agent, AgentStore.ANY)).isTrue();
    assertThat(of(agent)).isEmpty();
  }

  @Test
  void registrationsAndChangesOfStatusAreRecorded() {
    Agent agent = Agent.of("contract", "one");
    AgentStore agents = stores().agents();
    long version = agents.save(agent, AgentStore.ANY).version();
    agents.save(agent.withStatus(AgentStatus.ACTIVE), version);
    agents.save(
        agent.withStatus(AgentStatus.ACTIVE).withConfiguration(Map.of("a", 1)), version + 1);
    agents.save(agent.withStatus(AgentStatus.ERROR), AgentStore.ANY);
    assertFails(
        DataError.VERSION_CONFLICT, () -> agents.save(agent.withStatus(AgentStatus.IDLE), 1));
    assertFails(DataError.DUPLICATE_KEY, () -> agents.save(agent, AgentStore.NONE));

    List<LifecycleEvent> events = of(agent.id());
    assertThat(events)
        .extracting(LifecycleEvent::type)
        .containsExactly("status_changed", "status_changed", "registered");
    assertThat(events)
        .extracting(LifecycleEvent::previousStatus)
        .containsExactly(
            Optional.of(AgentStatus.ACTIVE),
            Optional.of(AgentStatus.INITIALIZING),
            Optional.empty());
    assertThat(events)
        .extracting(event -> event.newStatus().orElseThrow())
        .containsExactly(AgentStatus.ERROR, AgentStatus.ACTIVE, AgentStatus.INITIALIZING);
  }
}
