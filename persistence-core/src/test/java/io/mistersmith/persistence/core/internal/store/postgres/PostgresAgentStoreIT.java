package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
    agents = store.sql().agents();
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
                .withStatus(Agent.Status.ACTIVE)
                .withCapabilities(Map.of("tools", List.of("a", Map.of("n", 1.5)))),
            first.version());

    assertThat(second.version()).isEqualTo(2);
    assertThat(second.updatedAt()).isAfter(first.updatedAt());
    assertThat(second.agent().metadata()).isEqualTo(first.agent().metadata());
    assertThat(agents.find(first.agent().id())).contains(second);
    assertThat(agents.findAll(List.of(first.agent().id(), AgentId.random())))
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
        Concurrently.run(
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
    AgentId id = one.agent().id();
    assertThat(agents.lastHeartbeat(id)).isEmpty();
    Instant noon = Instant.parse("2026-03-01T12:00:00Z");

    agents.heartbeats(Map.of(id, noon, AgentId.random(), noon));
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
        store.sql().journals().startEpoch("TEST", Optional.empty(), 1, Instant.EPOCH, "first");
    store
        .sql()
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
    assertThat(store.sql().states().find(StateKey.of(child.id(), "a"))).isEmpty();
    assertThat(agents.delete(child.id(), AgentStore.ANY)).isFalse();
    assertThat(agents.delete(child.id(), AgentStore.NONE)).isFalse();
  }

  @Test
  void deletesManyInOneTransactionAlthoughParentsOfOthersStay() {
    List<Agent> parents = workers(5);
    List<Agent> others = workers(95);
    agents.saveAll(parents);
    agents.saveAll(others);
    parents.forEach(p -> agents.save(Agent.of("worker", "child").withParent(p.id()), 0));
    long before = transactions();

    Map<AgentId, DataResult<Long>> deleted =
        agents.deleteAll(Stream.concat(parents.stream(), others.stream()).map(Agent::id).toList());

    assertThat(transactions() - before).as("transactions").isLessThanOrEqualTo(3);
    assertThat(deleted.values()).filteredOn(DataResult::isSuccess).hasSize(95);
  }

  @Test
  void anAgentThatCannotBeDeletedKeepsNoOtherFromIt() {
    List<Agent> many = workers(20);
    agents.saveAll(many);
    database.execute(
        """
        CREATE FUNCTION refuse_delete() RETURNS TRIGGER LANGUAGE plpgsql AS $$
        BEGIN
          IF OLD.agent_name = 'number 13' THEN
            RAISE EXCEPTION 'held' USING ERRCODE = '23001';
          END IF;
          RETURN OLD;
        END $$;
        CREATE TRIGGER refuse_delete BEFORE DELETE ON agents.registry
          FOR EACH ROW EXECUTE FUNCTION refuse_delete();
        """);

    Map<AgentId, DataResult<Long>> deleted =
        agents.deleteAll(many.stream().map(Agent::id).toList());

    for (Agent agent : many) {
      boolean held = agent.name().equals("number 13");
      assertThat(Objects.requireNonNull(deleted.get(agent.id())).isSuccess()).isEqualTo(!held);
      assertThat(agents.find(agent.id()).isPresent()).isEqualTo(held);
    }
  }

  private static List<Agent> workers(int count) {
    return IntStream.range(0, count).mapToObj(i -> Agent.of("worker", "number " + i)).toList();
  }

  /** Counts the transactions that wrote, of the whole server. */
  private long transactions() {
    return Long.parseLong(
        database.query("SELECT pg_snapshot_xmax(pg_current_snapshot())::text").get(0));
  }

  @Test
  void readsWhatOthersWroteIntoTheRow() {
    AgentId id = AgentId.random();
    database.execute(
        "INSERT INTO agents.registry (agent_id, agent_type, agent_name, configuration)"
            + " VALUES ('"
            + id
            + "', 'sql', 'made', '{\"a\": null, \"b\": 1}')");

    Agent agent = agents.find(id).orElseThrow().agent();

    assertThat(agent.configuration()).isEqualTo(Map.of("b", 1));
    assertThat(agent.status()).isEqualTo(Agent.Status.INITIALIZING);
  }
}
