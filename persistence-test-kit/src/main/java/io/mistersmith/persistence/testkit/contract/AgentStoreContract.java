package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.lifecycle.LifecycleEvent;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentStatus;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.StoredAgent;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What the registry of agents must do. */
public abstract class AgentStoreContract extends StoresContract {

  /** For implementations. */
  protected AgentStoreContract() {}

  @Test
  void anAgentIsReadBackAsItWasSaved() {
    Agent parent = Agent.of("planner", "the parent");
    agents().save(parent, AgentStore.NONE);
    Agent agent =
        Agent.of("worker", "\u65e5\u672c '; DROP TABLE agents.registry; --")
            .withStatus(AgentStatus.SUSPENDED)
            .withCapabilities(Map.of("tools", List.of("search", "book"), "depth", 3))
            .withConfiguration(Map.of("nested", Map.of("on", true, "text", "x\"y")))
            .withMetadata(Map.of("created_at", "2026-01-01T00:00:00Z", "version", "1.2.3"))
            .withParent(parent.id());
    StoredAgent saved = agents().save(agent, AgentStore.NONE);

    assertThat(saved.agent()).isEqualTo(agent);
    assertThat(saved.version()).isEqualTo(1);
    StoredAgent found = agents().find(agent.id()).orElseThrow();
    assertThat(found.agent()).isEqualTo(agent);
    assertThat(found.version()).isEqualTo(1);
    assertThat(found.updatedAt()).isCloseTo(saved.updatedAt(), within(1, ChronoUnit.MICROS));
  }

  @Test
  void everyStatusIsKept() {
    for (AgentStatus status : AgentStatus.values()) {
      Agent agent = Agent.of("worker", "one").withStatus(status);
      agents().save(agent, AgentStore.NONE);
      assertThat(agents().find(agent.id()).orElseThrow().agent().status()).isEqualTo(status);
    }
  }

  @Test
  void emptyMetadataAreCompletedAndThenKept() {
    Agent agent = Agent.of("worker", "one");
    Map<String, Object> metadata = agents().save(agent, AgentStore.ANY).agent().metadata();
    assertThat(metadata).containsOnlyKeys("created_at", "version");
    assertThat(Instant.parse(String.valueOf(metadata.get("created_at")))).isAfter(Instant.EPOCH);
    assertThat(agents().find(agent.id()).orElseThrow().agent().metadata()).isEqualTo(metadata);

    StoredAgent again = agents().save(agent.withStatus(AgentStatus.ACTIVE), AgentStore.ANY);
    assertThat(again.agent().metadata()).isEqualTo(metadata);
    assertThat(agents().find(agent.id()).orElseThrow().agent().metadata()).isEqualTo(metadata);
  }

  @Test
  void metadataWithoutTheirTwoFieldsAreRefused() {
    Agent agent = Agent.of("worker", "one").withMetadata(Map.of("created_at", "2026-01-01"));
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> agents().save(agent, AgentStore.ANY));
    assertThat(agents().find(agent.id())).isEmpty();
  }

  @Test
  void anUnknownParentIsRefused() {
    Agent agent = Agent.of("worker", "one").withParent(UUID.randomUUID());
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> agents().save(agent, AgentStore.NONE));
    assertThat(agents().find(agent.id())).isEmpty();
  }

  @Test
  void everyWriteCountsTheVersion() {
    Agent agent = Agent.of("worker", "one");
    assertThat(agents().save(agent, AgentStore.ANY).version()).isEqualTo(1);
    assertThat(agents().save(agent, AgentStore.ANY).version()).isEqualTo(2);
    assertThat(agents().save(agent, 2).version()).isEqualTo(3);
    assertThat(agents().find(agent.id()).orElseThrow().version()).isEqualTo(3);
  }

  @Test
  void aFailedWriteLeavesTheAgentAsItWas() {
    Agent agent = Agent.of("worker", "one");
    agents().save(agent, AgentStore.NONE);
    Agent changed = agent.withStatus(AgentStatus.ERROR);
    assertFails(DataError.DUPLICATE_KEY, () -> agents().save(changed, AgentStore.NONE));
    assertFails(DataError.VERSION_CONFLICT, () -> agents().save(changed, 2));
    agents().save(agent, 1);
    assertFails(DataError.VERSION_CONFLICT, () -> agents().save(changed, 1));

    StoredAgent found = agents().find(agent.id()).orElseThrow();
    assertThat(found.version()).isEqualTo(2);
    assertThat(found.agent().status()).isEqualTo(agent.status());
    assertFails(DataError.VERSION_CONFLICT, () -> agents().save(Agent.of("worker", "another"), 1));
  }

  @Test
  void ofConcurrentCreatorsOneWins() throws Exception {
    Agent agent = Agent.of("worker", "one");
    List<Boolean> created =
        Together.run(6, i -> () -> succeeds(() -> agents().save(agent, AgentStore.NONE)));
    assertThat(created).containsOnlyOnce(true);
    List<Boolean> changed = Together.run(6, i -> () -> succeeds(() -> agents().save(agent, 1)));
    assertThat(changed).containsOnlyOnce(true);
  }

  @Test
  void manyAreFoundAtOnce() {
    Agent one = Agent.of("worker", "one");
    Agent two = Agent.of("worker", "two");
    agents().save(one, AgentStore.ANY);
    agents().save(two, AgentStore.ANY);
    assertThat(agents().findAll(List.of(one.id(), UUID.randomUUID(), two.id())))
        .containsOnlyKeys(one.id(), two.id());
    assertThat(agents().findAll(List.of())).isEmpty();
  }

  @Test
  void manyAreSavedAsOneByOne() {
    Agent parent = Agent.of("planner", "the parent");
    Agent child = Agent.of("worker", "the child").withParent(parent.id());
    Agent known = agents().save(Agent.of("worker", "known"), AgentStore.ANY).agent();
    Agent changed =
        known
            .withStatus(AgentStatus.ERROR)
            .withConfiguration(Map.of("a", List.of(1)))
            .withMetadata(Map.of());
    List<Agent> batch = List.of(parent, changed, child);

    Map<UUID, DataResult<StoredAgent>> saved = agents().saveAll(batch);

    assertThat(saved.keySet()).containsExactly(parent.id(), known.id(), child.id());
    assertThat(row(saved, parent.id()).version()).isEqualTo(1);
    assertThat(row(saved, known.id()).version()).isEqualTo(2);
    assertThat(row(saved, known.id()).agent().metadata()).isEqualTo(known.metadata());
    assertThat(row(saved, child.id()).agent().metadata()).containsOnlyKeys("created_at", "version");
    batch.forEach(
        agent -> {
          StoredAgent found = agents().find(agent.id()).orElseThrow();
          assertThat(found.agent()).isEqualTo(row(saved, agent.id()).agent());
          assertThat(found.agent().withMetadata(Map.of())).isEqualTo(agent.withMetadata(Map.of()));
        });
    assertThat(eventsOf(parent)).containsExactly(LifecycleEvent.REGISTERED);
    assertThat(eventsOf(known))
        .containsExactlyInAnyOrder(LifecycleEvent.REGISTERED, LifecycleEvent.STATUS_CHANGED);
    assertThat(agents().saveAll(List.of())).isEmpty();
  }

  @Test
  void ofManyTheRefusedOnesAloneFail() {
    List<Agent> batch = new ArrayList<>();
    Set<UUID> refused = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      Agent agent = Agent.of("worker", "number " + i);
      if (i % 33 == 5) {
        agent = agent.withParent(UUID.randomUUID());
      } else if (i % 33 == 6) {
        agent = agent.withMetadata(Map.of("version", "1"));
      } else if (i % 33 == 7) {
        agent = agent.withConfiguration(Map.of("text", "\0"));
      }
      if (i % 33 >= 5 && i % 33 <= 7) {
        refused.add(agent.id());
      }
      batch.add(agent);
    }

    Map<UUID, DataResult<StoredAgent>> saved = agents().saveAll(batch);

    assertThat(saved.keySet()).containsExactlyElementsOf(batch.stream().map(Agent::id).toList());
    saved.forEach(
        (id, row) -> {
          assertThat(row.isSuccess()).isEqualTo(!refused.contains(id));
          assertThat(agents().find(id).isPresent()).isEqualTo(row.isSuccess());
          row.failure()
              .ifPresent(
                  e -> {
                    assertThat(e.error()).isEqualTo(DataError.CONSTRAINT_VIOLATION);
                    assertThat(e).hasMessageContaining(id.toString());
                  });
        });
  }

  @Test
  void manyArePublishedAtOnce() {
    Agent one = Agent.of("worker", "one");
    Agent two = Agent.of("worker", "two");
    agents().saveAll(List.of(one, two));
    agents().save(two, AgentStore.ANY);
    agents().markAllPublished(Map.of(one.id(), 1L, two.id(), 1L, UUID.randomUUID(), 1L));
    assertThat(unpublished(10)).containsExactly(two.id());
    agents().markAllPublished(Map.of(one.id(), 7L, two.id(), 2L));
    agents().markAllPublished(Map.of());
    assertThat(unpublished(10)).isEmpty();
  }

  @Test
  void deletingNeedsTheRightVersion() {
    Agent agent = Agent.of("worker", "one");
    agents().save(agent, AgentStore.ANY);
    agents().save(agent, AgentStore.ANY);
    assertFails(DataError.VERSION_CONFLICT, () -> agents().delete(agent.id(), 1));
    assertThat(agents().find(agent.id())).isPresent();
    assertThat(agents().delete(agent.id(), 2)).isTrue();
    assertThat(agents().find(agent.id())).isEmpty();
    assertFails(DataError.VERSION_CONFLICT, () -> agents().delete(agent.id(), 2));
    assertThat(agents().delete(agent.id(), AgentStore.ANY)).isFalse();
    assertThat(agents().save(agent, AgentStore.NONE).agent().id()).isEqualTo(agent.id());
  }

  @Test
  void heartbeatsNeverGoBack() {
    Agent agent = Agent.of("worker", "one");
    StoredAgent saved = agents().save(agent, AgentStore.ANY);
    Instant time = Instant.parse("2026-05-06T07:08:09.123456Z");
    assertThat(agents().lastHeartbeat(agent.id())).isEmpty();
    agents().heartbeats(Map.of(agent.id(), time, UUID.randomUUID(), time));
    assertThat(agents().lastHeartbeat(agent.id())).contains(time);
    agents().heartbeats(Map.of(agent.id(), time.minusSeconds(1)));
    assertThat(agents().lastHeartbeat(agent.id())).contains(time);
    agents().heartbeats(Map.of(agent.id(), time.plusSeconds(1)));
    agents().heartbeats(Map.of());
    assertThat(agents().lastHeartbeat(agent.id())).contains(time.plusSeconds(1));
    assertThat(agents().lastHeartbeat(UUID.randomUUID())).isEmpty();
    assertThat(agents().find(agent.id()).orElseThrow().version()).isEqualTo(saved.version());

    agents().save(agent, AgentStore.ANY);
    assertThat(agents().lastHeartbeat(agent.id())).contains(time.plusSeconds(1));
  }

  @Test
  void whatWasNotPublishedIsKnown() {
    Agent one = Agent.of("worker", "one");
    Agent two = Agent.of("worker", "two");
    agents().save(one, AgentStore.ANY);
    elapse(Duration.ofMillis(5));
    agents().save(two, AgentStore.ANY);
    assertThat(unpublished(10)).containsExactly(one.id(), two.id());
    assertThat(unpublished(1)).containsExactly(one.id());

    agents().markPublished(one.id(), 1);
    assertThat(unpublished(10)).containsExactly(two.id());
    agents().save(one, AgentStore.ANY);
    agents().markPublished(one.id(), 1);
    assertThat(unpublished(10)).contains(one.id());
    agents().markPublished(one.id(), 3);
    agents().markPublished(one.id(), 2);
    agents().markPublished(UUID.randomUUID(), 1);
    agents().delete(two.id(), AgentStore.ANY);
    assertThat(unpublished(10)).isEmpty();
  }

  private static StoredAgent row(Map<UUID, DataResult<StoredAgent>> rows, UUID id) {
    return Objects.requireNonNull(rows.get(id)).orElseThrow();
  }

  private List<String> eventsOf(Agent agent) {
    return stores().lifecycleEvents().list(agent.id(), Optional.empty(), 10).stream()
        .map(LifecycleEvent::type)
        .toList();
  }

  private List<UUID> unpublished(int limit) {
    return agents().unpublished(limit).stream().map(stored -> stored.agent().id()).toList();
  }

  private AgentStore agents() {
    return stores().agents();
  }

  private static boolean succeeds(Runnable call) {
    try {
      call.run();
      return true;
    } catch (PersistenceException e) {
      return false;
    }
  }
}
