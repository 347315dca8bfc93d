package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentStatus;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.StoredAgent;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The registry's rows, beyond what every agent store must do. */
@Tag("contract")
class PostgresAgentStoreIT {

  private PostgresDatabase database;
  private PostgresStore store;
  private AgentStore agents;

  @BeforeEach
  void open() {
    database = PostgresDatabase.create();
    store = database.open();
    agents = store.agents();
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void completesEmptyMetadataAndKeepsIt() {
    StoredAgent first = agents.save(Agent.of("worker", "Ω 'name'"), AgentStore.NONE);

    assertThat(first.version()).isEqualTo(1);
    assertThat(first.agent().metadata()).containsEntry("version", 1);
    assertThat(Instant.parse((String) first.agent().metadata().get("created_at")))
        .isBetween(Instant.now().minusSeconds(600), Instant.now().plusSeconds(600));

    StoredAgent second =
        agents.save(
            first
                .agent()
                .withMetadata(Map.of())
                .withStatus(AgentStatus.ACTIVE)
                .withCapabilities(Map.of("tools", List.of("a", Map.of("n", 1.5)))),
            first.version());

    assertThat(second.version()).isEqualTo(2);
    assertThat(second.updatedAt()).isAfter(first.updatedAt());
    assertThat(second.agent().metadata()).isEqualTo(first.agent().metadata());
    assertThat(agents.find(first.agent().id())).contains(second);
    assertThat(agents.findAll(List.of(first.agent().id(), UUID.randomUUID())))
        .isEqualTo(Map.of(first.agent().id(), second));
  }

  @Test
  void refusesMetadataWithoutItsMandatoryMembers() {
    Agent agent = Agent.of("worker", "one").withMetadata(Map.of("created_at", "yesterday"));

    PersistenceException failure =
        catchThrowableOfType(PersistenceException.class, () -> agents.save(agent, AgentStore.ANY));

    assertThat(failure.error()).isEqualTo(DataError.CONSTRAINT_VIOLATION);
    assertThat(failure).hasMessageContaining("valid_agent_metadata");
    assertThat(agents.find(agent.id())).isEmpty();
  }

  @Test
  void oneOfManyWritersOfAVersionWins() {
    StoredAgent first = agents.save(Agent.of("worker", "one"), AgentStore.NONE);
    List<Boolean> won =
        Together.run(
            8,
            () -> {
              try {
                agents.save(first.agent(), 1);
                return true;
              } catch (PersistenceException e) {
                assertThat(e.error()).isEqualTo(DataError.VERSION_CONFLICT);
                assertThat(e.isTransient()).isTrue();
                return false;
              }
            });

    assertThat(won).filteredOn(w -> w).hasSize(1);
    assertThat(agents.find(first.agent().id()).orElseThrow().version()).isEqualTo(2);
  }

  @Test
  void remembersWhatIsPublishedThroughDeletionAndRebirth() {
    Agent agent = Agent.of("worker", "one");
    agents.save(agent, AgentStore.ANY);
    agents.save(agent, AgentStore.ANY);
    agents.markPublished(agent.id(), 1);
    assertThat(agents.unpublished(10)).extracting(StoredAgent::version).containsExactly(2L);
    agents.markPublished(agent.id(), 2);
    agents.markPublished(agent.id(), 1);
    assertThat(agents.unpublished(10)).isEmpty();

    assertThat(agents.delete(agent.id(), AgentStore.ANY)).isTrue();
    agents.save(agent, AgentStore.NONE);
    agents.markPublished(agent.id(), 2);

    assertThat(agents.unpublished(10)).extracting(StoredAgent::version).containsExactly(1L);
  }

  @Test
  void heartbeatsNeverGoBackAndAreNoWrites() {
    StoredAgent one = agents.save(Agent.of("worker", "one"), AgentStore.NONE);
    UUID id = one.agent().id();
    assertThat(agents.lastHeartbeat(id)).isEmpty();
    Instant noon = Instant.parse("2026-03-01T12:00:00Z");

    agents.heartbeats(Map.of(id, noon, UUID.randomUUID(), noon));
    agents.heartbeats(Map.of(id, noon.minusSeconds(5)));

    assertThat(agents.lastHeartbeat(id)).contains(noon);
    assertThat(agents.find(id)).contains(one);
  }

  @Test
  void deletingAnAgentTakesItsStateAndSparesParents() {
    Agent parent = agents.save(Agent.of("worker", "parent"), AgentStore.NONE).agent();
    Agent child = Agent.of("worker", "child").withParent(parent.id());
    agents.save(child, AgentStore.NONE);
    JournalPosition start =
        store.journals().startEpoch("TEST", Optional.empty(), 1, Instant.EPOCH, "first");
    store
        .journals()
        .apply(
            start,
            start.advancedTo(1, Changes.WRITTEN),
            List.of(Changes.put(child.id(), "a", "1", start.epoch(), 1)));

    PersistenceException failure =
        catchThrowableOfType(
            PersistenceException.class, () -> agents.delete(parent.id(), AgentStore.ANY));
    assertThat(failure.error()).isEqualTo(DataError.CONSTRAINT_VIOLATION);

    assertThat(agents.delete(child.id(), 1)).isTrue();
    assertThat(store.states().find(StateKey.of(child.id(), "a"))).isEmpty();
    assertThat(agents.delete(child.id(), AgentStore.ANY)).isFalse();
    assertThat(agents.delete(child.id(), AgentStore.NONE)).isFalse();
  }

  @Test
  void readsWhatOthersWroteIntoTheRow() {
    UUID id = UUID.randomUUID();
    database.execute(
        "INSERT INTO agents.registry (agent_id, agent_type, agent_name, configuration)"
            + " VALUES ('"
            + id
            + "', 'sql', 'made', '{\"a\": null, \"b\": 1}')");

    Agent agent = agents.find(id).orElseThrow().agent();

    assertThat(agent.configuration()).isEqualTo(Map.of("b", 1));
    assertThat(agent.status()).isEqualTo(AgentStatus.INITIALIZING);
  }
}
