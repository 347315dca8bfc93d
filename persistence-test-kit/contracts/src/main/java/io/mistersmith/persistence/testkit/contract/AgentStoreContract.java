package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
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
import org.junit.jupiter.api.Test;

/** The contract of the registry of agents. */
public abstract class AgentStoreContract extends StoresContract {

  /** For implementations. */
  protected AgentStoreContract() {}

  @Test
  void anOwnerOutsideTheRegistryIsRefused() {
    ExternalOwnerContract.assertRefusedBy(stores().sql());
  }

  @Test
  void anAgentIsReadBackAsItWasSaved() {
    Agent parent = Agent.of("planner", "the parent");
    agents().save(parent, AgentStore.NONE);
    Agent agent =
        Agent.of("worker", "\u65e5\u672c '; DROP TABLE agents.registry; --")
            .withStatus(Agent.Status.SUSPENDED)
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
  void anAgentThatWasLostIsRestoredWithItsVersion() {
    Agent agent = Agent.of("worker", "lost");

    assertThat(agents().restore(agent, AgentStore.NONE, 5).orElseThrow().version()).isEqualTo(5);
    assertThat(agents().restore(agent, AgentStore.NONE, 6)).isEmpty();
    assertThat(agents().restore(agent, 4, 6)).isEmpty();
    Agent later = agent.withStatus(Agent.Status.SUSPENDED);
    assertThat(agents().restore(later, 5, 9).orElseThrow().version()).isEqualTo(9);

    StoredAgent found = agents().find(agent.id()).orElseThrow();
    assertThat(found.version()).isEqualTo(9);
    assertThat(found.agent().status()).isEqualTo(Agent.Status.SUSPENDED);
    assertThat(agents().unpublished(100)).extracting(StoredAgent::version).contains(9L);
    assertThat(agents().save(later, 9).version()).isEqualTo(10);
  }

  @Test
  void numbersAreReadBackAsWhatTheyWere() {
    Map<String, Object> numbers =
        Map.of(
            "large", 1.0E7,
            "larger", 1.7E300,
            "small", 1.5E-9,
            "whole", 3.0,
            "int", 7,
            "long", 1_700_000_000_000L,
            "list", List.of(2.0, Map.of("deep", 1.0E12)));
    Agent agent = Agent.of("worker", "one").withCapabilities(numbers);
    assertThat(agents().save(agent, AgentStore.ANY).agent().capabilities()).isEqualTo(numbers);
    assertThat(agents().find(agent.id()).orElseThrow().agent().capabilities()).isEqualTo(numbers);
    Agent batched = Agent.of("worker", "two").withConfiguration(numbers);
    agents().saveAll(List.of(batched));
    assertThat(agents().find(batched.id()).orElseThrow().agent().configuration())
        .isEqualTo(numbers);
  }

  @Test
  void everyStatusIsKept() {
    for (Agent.Status status : Agent.Status.values()) {
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

    StoredAgent again = agents().save(agent.withStatus(Agent.Status.ACTIVE), AgentStore.ANY);
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
    Agent agent = Agent.of("worker", "one").withParent(AgentId.random());
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
    Agent changed = agent.withStatus(Agent.Status.ERROR);
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
        Concurrently.run(6, i -> () -> succeeds(() -> agents().save(agent, AgentStore.NONE)));
    assertThat(created).containsOnlyOnce(true);
    List<Boolean> changed = Concurrently.run(6, i -> () -> succeeds(() -> agents().save(agent, 1)));
    assertThat(changed).containsOnlyOnce(true);
  }

  @Test
  void manyAreFoundAtOnce() {
    Agent one = Agent.of("worker", "one");
    Agent two = Agent.of("worker", "two");
    agents().save(one, AgentStore.ANY);
    agents().save(two, AgentStore.ANY);
    assertThat(agents().findAll(List.of(one.id(), AgentId.random(), two.id())))
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
            .withStatus(Agent.Status.ERROR)
            .withConfiguration(Map.of("a", List.of(1)))
            .withMetadata(Map.of());
    List<Agent> batch = List.of(parent, changed, child);

    Map<AgentId, DataResult<StoredAgent>> saved = agents().saveAll(batch);

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
    Set<AgentId> refused = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      Agent agent = Agent.of("worker", "number " + i);
      if (i % 33 == 5) {
        agent = agent.withParent(AgentId.random());
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

    Map<AgentId, DataResult<StoredAgent>> saved = agents().saveAll(batch);

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
    agents().markAllPublished(Map.of(one.id(), 1L, two.id(), 1L, AgentId.random(), 1L));
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
  void manyAreDeletedAsOneByOne() {
    Agent parent = Agent.of("planner", "the parent");
    Agent child = Agent.of("worker", "the child").withParent(parent.id());
    Agent other = Agent.of("worker", "other");
    Agent stays = Agent.of("worker", "stays");
    agents().saveAll(List.of(parent, child, other, stays));
    agents().save(other, AgentStore.ANY);
    AgentId missing = AgentId.random();

    Map<AgentId, DataResult<Long>> deleted =
        agents().deleteAll(List.of(parent.id(), missing, other.id(), child.id()));

    assertThat(deleted.keySet()).containsExactly(parent.id(), missing, other.id(), child.id());
    assertThat(deleted.values().stream().map(DataResult::orElseThrow))
        .containsExactly(1L, AgentStore.NONE, 2L, 1L);
    assertThat(agents().findAll(List.of(parent.id(), other.id(), child.id()))).isEmpty();
    assertThat(agents().find(stays.id())).isPresent();
    assertThat(eventsOf(other)).isEmpty();
    assertThat(agents().deleteAll(List.of())).isEmpty();
  }

  @Test
  void ofManyToDeleteParentsOfOthersAloneStay() {
    Agent grandparent = Agent.of("planner", "the grandparent");
    Agent parent = Agent.of("planner", "the parent").withParent(grandparent.id());
    Agent child = Agent.of("worker", "the child").withParent(parent.id());
    List<Agent> batch = new ArrayList<>(List.of(grandparent, parent));
    for (int i = 0; i < 50; i++) {
      batch.add(Agent.of("worker", "number " + i).withParent(grandparent.id()));
    }
    agents().saveAll(batch);
    agents().save(child, AgentStore.NONE);

    Map<AgentId, DataResult<Long>> deleted =
        agents().deleteAll(batch.stream().map(Agent::id).toList());

    deleted.forEach(
        (id, row) -> {
          boolean needed = id.equals(grandparent.id()) || id.equals(parent.id());
          assertThat(row.isSuccess()).isEqualTo(!needed);
          assertThat(agents().find(id).isPresent()).isEqualTo(needed);
          row.failure()
              .ifPresent(
                  e -> {
                    assertThat(e.error()).isEqualTo(DataError.CONSTRAINT_VIOLATION);
                    assertThat(e).hasMessageContaining(id.toString());
                  });
        });
    assertThat(agents().find(child.id())).isPresent();
  }

  @Test
  void heartbeatsNeverGoBack() {
    Agent agent = Agent.of("worker", "one");
    StoredAgent saved = agents().save(agent, AgentStore.ANY);
    Instant time = Instant.parse("2026-05-06T07:08:09.123456Z");
    assertThat(agents().lastHeartbeat(agent.id())).isEmpty();
    agents().heartbeats(Map.of(agent.id(), time, AgentId.random(), time));
    assertThat(agents().lastHeartbeat(agent.id())).contains(time);
    agents().heartbeats(Map.of(agent.id(), time.minusSeconds(1)));
    assertThat(agents().lastHeartbeat(agent.id())).contains(time);
    agents().heartbeats(Map.of(agent.id(), time.plusSeconds(1)));
    agents().heartbeats(Map.of());
    assertThat(agents().lastHeartbeat(agent.id())).contains(time.plusSeconds(1));
    assertThat(agents().lastHeartbeat(AgentId.random())).isEmpty();
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
    agents().markPublished(AgentId.random(), 1);
    agents().delete(two.id(), AgentStore.ANY);
    assertThat(unpublished(10)).isEmpty();
  }

  private static StoredAgent row(Map<AgentId, DataResult<StoredAgent>> rows, AgentId id) {
    return Objects.requireNonNull(rows.get(id)).orElseThrow();
  }

  private List<String> eventsOf(Agent agent) {
    return stores().sql().lifecycleEvents().list(agent.id(), Optional.empty(), 10).stream()
        .map(LifecycleEvent::type)
        .toList();
  }

  private List<AgentId> unpublished(int limit) {
    return agents().unpublished(limit).stream().map(stored -> stored.agent().id()).toList();
  }

  private AgentStore agents() {
    return stores().sql().agents();
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
