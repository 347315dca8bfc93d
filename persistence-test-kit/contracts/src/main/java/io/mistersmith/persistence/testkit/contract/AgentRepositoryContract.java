package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.agent.AgentRepository;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The contract of the registry of agents, as an application sees it. */
public abstract class AgentRepositoryContract extends PersistenceContract {

  /** For implementations. */
  protected AgentRepositoryContract() {}

  @Test
  void anAgentIsReadBackAsItWasSaved() throws Exception {
    Agent parent = agents().save(Agent.of("planner", "parent")).value();
    Agent agent =
        Agent.of("worker", "\u65e5\u672c '; DROP TABLE agents.registry; -- \ud83e\udd16")
            .withStatus(Agent.Status.ACTIVE)
            .withCapabilities(Map.of("tools", List.of("search", "book"), "depth", 3))
            .withConfiguration(Map.of("nested", Map.of("on", true)))
            .withMetadata(Map.of("created_at", "2026-01-01T00:00:00Z", "version", "1.2.3"))
            .withParent(parent.id());
    Versioned<Agent> saved = agents().save(agent);
    assertThat(saved.value()).isEqualTo(agent);
    Versioned<Agent> found = find(agent.id());
    assertThat(found.value()).isEqualTo(agent);
    assertThat(found.revision()).isEqualTo(saved.revision());
    assertThat(agents().findAsync(agent.id()).get(60, TimeUnit.SECONDS).orElseThrow().value())
        .isEqualTo(agent);
  }

  @Test
  void mapsReadTheSameFromEveryStore() {
    Map<String, @Nullable Object> nested = new LinkedHashMap<>();
    nested.put("zz", -0.0);
    nested.put("long name", 5L);
    nested.put("b", 1.0E7);
    nested.put("a", null);
    nested.put("\u00e9", new BigDecimal("1E+2"));
    Agent agent =
        Agent.of("worker", "one")
            .withCapabilities(
                Map.of(
                    "nested", nested,
                    "items", List.of(nested, 1.7E12, 1.5f, new BigDecimal("0.10")),
                    "since", Instant.parse("2026-01-01T00:00:00Z")));
    String expected = "{a=null, b=1.0E7, zz=0.0, \u00e9=100.0, long name=5}";

    Versioned<Agent> saved = agents().save(agent);
    Agent batched = Agent.of("worker", "two").withCapabilities(agent.capabilities());
    Versioned<Agent> ofMany =
        row(agents().saveAll(Map.of(batched.id(), batched)), batched.id()).orElseThrow();
    AgentRepository others = open(config().build()).agents();

    for (Agent read :
        List.of(
            saved.value(),
            find(agent.id()).value(),
            others.find(agent.id()).orElseThrow().value(),
            ofMany.value(),
            others.find(batched.id()).orElseThrow().value())) {
      Map<String, Object> capabilities = read.capabilities();
      assertThat(capabilities.get("nested")).hasToString(expected);
      assertThat(capabilities.get("items")).hasToString("[" + expected + ", 1.7E12, 1.5, 0.1]");
      assertThat(capabilities).containsEntry("since", "2026-01-01T00:00:00Z");
      assertThat(((Map<?, ?>) Objects.requireNonNull(capabilities.get("nested"))).values())
          .extracting(value -> value == null ? "null" : value.getClass().getSimpleName())
          .containsExactly("null", "Double", "Double", "Double", "Integer");
    }
  }

  @Test
  void mapsThatCannotBeKeptAreRefusedRowByRow() {
    Agent good = Agent.of("worker", "good");
    Agent bad = Agent.of("worker", "bad").withConfiguration(Map.of("n", Double.NaN));
    Agent huge =
        Agent.of("worker", "huge").withConfiguration(Map.of("n", new BigDecimal("1E+400")));
    assertFails(DataError.SERIALIZATION_ERROR, () -> agents().save(bad));
    assertFails(DataError.SERIALIZATION_ERROR, () -> agents().save(huge));
    Map<AgentId, DataResult<Versioned<Agent>>> saved =
        agents().saveAll(Map.of(good.id(), good, bad.id(), bad, huge.id(), huge));
    assertThat(row(saved, good.id()).isSuccess()).isTrue();
    assertThat(row(saved, bad.id()).failure().map(PersistenceException::error))
        .contains(DataError.SERIALIZATION_ERROR);
    assertThat(row(saved, huge.id()).isSuccess()).isFalse();
  }

  @Test
  void emptyMetadataAreCompleted() {
    Agent agent = Agent.of("worker", "one");
    Versioned<Agent> saved = agents().save(agent);
    assertThat(saved.value().metadata()).containsOnlyKeys("created_at", "version");
    assertThat(find(agent.id()).value()).isEqualTo(saved.value());
  }

  @Test
  void aMissingAgentIsEmptyAndItsDeleteDoesNothing() {
    AgentId missing = AgentId.random();
    assertThat(agents().find(missing)).isEmpty();
    agents().delete(missing);
    assertThat(agents().lastHeartbeat(missing)).isEmpty();
    assertFails(DataError.NOT_FOUND, () -> agents().update(missing, value -> value));
    assertFails(DataError.VERSION_CONFLICT, () -> agents().delete(missing, new Revision.OfRow(1)));
  }

  @Test
  void aStaleRevisionIsRefusedAndChangesNothing() {
    Agent agent = Agent.of("worker", "one");
    Versioned<Agent> first = agents().save(agent.id(), agent, SaveOptions.ifAbsent());
    assertFails(
        DataError.DUPLICATE_KEY, () -> agents().save(agent.id(), agent, SaveOptions.ifAbsent()));
    Agent active = first.value().withStatus(Agent.Status.ACTIVE);
    Versioned<Agent> second = agents().save(agent.id(), active, SaveOptions.at(first.revision()));
    assertThat(second.revision().isAfter(first.revision())).isTrue();
    Agent idle = active.withStatus(Agent.Status.IDLE);
    assertFails(
        DataError.VERSION_CONFLICT,
        () -> agents().save(agent.id(), idle, SaveOptions.at(first.revision())));
    assertFails(DataError.VERSION_CONFLICT, () -> agents().delete(agent.id(), first.revision()));

    assertThat(find(agent.id()).value().status()).isEqualTo(Agent.Status.ACTIVE);
    assertThat(find(agent.id()).revision()).isEqualTo(second.revision());
    agents().delete(agent.id(), second.revision());
    assertThat(agents().find(agent.id())).isEmpty();
  }

  @Test
  void ofConcurrentCreatorsOneWinsAndUpdatesAreAllApplied() throws Exception {
    Agent agent = Agent.of("worker", "one").withConfiguration(Map.of("n", 0));
    List<Boolean> created =
        Concurrently.run(
            6, i -> () -> succeeds(() -> agents().save(agent.id(), agent, SaveOptions.ifAbsent())));
    assertThat(created).containsOnlyOnce(true);
    Concurrently.run(
        3,
        i ->
            () -> {
              for (int done = 0; done < 5; ) {
                done +=
                    succeeds(() -> agents().update(agent.id(), AgentRepositoryContract::next))
                        ? 1
                        : 0;
              }
              return true;
            });
    assertThat(find(agent.id()).value().configuration()).isEqualTo(Map.of("n", 15));
  }

  @Test
  void aSecondRuntimeSeesTheRegistry() {
    Versioned<Agent> saved = agents().save(Agent.of("worker", "one"));
    AgentRepository others = open(config().build()).agents();
    assertThat(others.find(saved.value().id()).orElseThrow().value()).isEqualTo(saved.value());
  }

  @Test
  void deletingAnAgentDeletesItsState() {
    StateKey key = StateKey.of(agent(), "key");
    states().save(key, "1");
    states().flush(key, SOON);
    agents().delete(agent());
    assertThat(agents().find(agent())).isEmpty();
    Awaitility.await().atMost(SOON).until(() -> states().find(key).isEmpty());
    assertThat(states().keys(agent(), "")).isEmpty();
  }

  @Test
  void bulkRowsComeInOrder() {
    Map<AgentId, Agent> many = new LinkedHashMap<>();
    for (int i = 0; i < 50; i++) {
      Agent agent = Agent.of("worker", "number " + i);
      many.put(agent.id(), agent);
    }
    Map<AgentId, DataResult<Versioned<Agent>>> saved = agents().saveAll(many);
    assertThat(saved.keySet()).containsExactlyElementsOf(many.keySet());
    assertThat(saved.values()).allMatch(DataResult::isSuccess);
    List<AgentId> asked = new ArrayList<>(many.keySet());
    asked.add(25, AgentId.random());

    Map<AgentId, DataResult<Optional<Versioned<Agent>>>> found = agents().findAll(asked);
    assertThat(found.keySet()).containsExactlyElementsOf(asked);
    found.forEach(
        (id, row) ->
            assertThat(row.orElseThrow().map(Versioned::value).map(Agent::name))
                .isEqualTo(Optional.ofNullable(many.get(id)).map(Agent::name)));
    assertThat(agents().deleteAll(asked).values()).allMatch(DataResult::isSuccess);
    agents().findAll(asked).values().forEach(row -> assertThat(row.orElseThrow()).isEmpty());
  }

  @Test
  void bulkSavesReplaceAndRefuseRowByRow() {
    Versioned<Agent> known = agents().save(Agent.of("worker", "known"));
    Agent changed = known.value().withStatus(Agent.Status.SUSPENDED);
    Agent parent = Agent.of("planner", "parent");
    Agent child = Agent.of("worker", "child").withParent(parent.id());
    Agent orphan = Agent.of("worker", "orphan").withParent(AgentId.random());
    AgentId other = AgentId.random();
    Map<AgentId, Agent> many = new LinkedHashMap<>();
    many.put(child.id(), child);
    many.put(orphan.id(), orphan);
    many.put(other, Agent.of("worker", "under another id"));
    many.put(known.value().id(), changed);
    many.put(parent.id(), parent);

    Map<AgentId, DataResult<Versioned<Agent>>> saved = agents().saveAll(many);

    assertThat(saved.keySet()).containsExactlyElementsOf(many.keySet());
    assertThat(row(saved, orphan.id()).failure().map(PersistenceException::error))
        .contains(DataError.CONSTRAINT_VIOLATION);
    assertThat(row(saved, other).failure().map(PersistenceException::error))
        .contains(DataError.INVALID_KEY);
    for (Agent agent : List.of(child, changed, parent)) {
      Versioned<Agent> row = row(saved, agent.id()).orElseThrow();
      assertThat(find(agent.id()).value()).isEqualTo(row.value());
      assertThat(find(agent.id()).revision()).isEqualTo(row.revision());
      assertThat(row.value().status()).isEqualTo(agent.status());
    }
    assertThat(row(saved, changed.id()).orElseThrow().revision().isAfter(known.revision()))
        .isTrue();
    AgentRepository others = open(config().build()).agents();
    Versioned<Agent> seen = others.find(changed.id()).orElseThrow();
    assertThat(seen.value().status()).isEqualTo(Agent.Status.SUSPENDED);
    assertThat(seen.layer()).as("the bucket has it").isEqualTo(StorageLayer.DISTRIBUTED_KV);
  }

  @Test
  void bulkDeletesTakeStateAlongAndRefuseRowByRow() {
    Agent kept = Agent.of("planner", "kept");
    Agent child = Agent.of("worker", "child").withParent(kept.id());
    Map<AgentId, Agent> many = new LinkedHashMap<>();
    AgentId parent = AgentId.random();
    many.put(parent, Agent.of(parent, "planner", "parent"));
    for (int i = 0; i < 250; i++) {
      Agent agent = Agent.of("worker", "number " + i).withParent(parent);
      many.put(agent.id(), agent);
    }
    many.put(kept.id(), kept);
    agents().saveAll(many).values().forEach(DataResult::orElseThrow);
    agents().save(child);
    StateKey key = StateKey.of(many.keySet().iterator().next(), "key");
    states().save(key, "1");

    Map<AgentId, DataResult<Optional<Revision>>> deleted = agents().deleteAll(many.keySet());

    assertThat(deleted.keySet()).containsExactlyElementsOf(many.keySet());
    assertThat(row(deleted, kept.id()).failure().map(PersistenceException::error))
        .contains(DataError.CONSTRAINT_VIOLATION);
    assertThat(find(kept.id()).value().name()).isEqualTo("kept");
    AgentRepository others = open(config().build()).agents();
    many.keySet().stream()
        .filter(id -> !id.equals(kept.id()))
        .forEach(
            id -> {
              row(deleted, id).orElseThrow();
              assertThat(agents().find(id)).isEmpty();
              assertThat(others.find(id)).isEmpty();
            });
    Awaitility.await().atMost(SOON).until(() -> states().find(key).isEmpty());
    assertThat(states().keys(key.agent(), "")).isEmpty();
  }

  @Test
  void agentsThatWereDeletedAreRegisteredAgainTogether() {
    Map<AgentId, Agent> many = new LinkedHashMap<>();
    for (int i = 0; i < 10; i++) {
      Agent agent = Agent.of("worker", "number " + i);
      many.put(agent.id(), agent);
    }
    agents().saveAll(many);
    agents().deleteAll(many.keySet());
    assertThat(agents().saveAll(many).values()).allMatch(DataResult::isSuccess);
    AgentRepository others = open(config().build()).agents();
    many.forEach(
        (id, agent) ->
            assertThat(others.find(id).orElseThrow().layer())
                .isEqualTo(StorageLayer.DISTRIBUTED_KV));
  }

  @Test
  void whatTheRegistryRefusesIsTypedAndLosesNothing() {
    Agent before = find(agent()).value();
    Agent orphan = before.withParent(AgentId.random());
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> agents().save(orphan));
    Agent bare = before.withMetadata(Map.of("version", "1"));
    assertFails(DataError.CONSTRAINT_VIOLATION, () -> agents().save(bare));
    Agent another = Agent.of("worker", "another");
    assertThat(agents().find(agent()).orElseThrow().value()).isEqualTo(before);
    assertThat(catchThrowable(() -> agents().save(agent(), another)))
        .as("an agent under another one's id")
        .isNotNull();
    assertThat(find(agent()).value()).isEqualTo(before);
  }

  @Test
  void heartbeatsArriveAndNeverGoBack() {
    agents().heartbeat(agent());
    elapse(Duration.ofSeconds(2));
    Awaitility.await().atMost(SOON).until(() -> agents().lastHeartbeat(agent()).isPresent());
    Instant first = agents().lastHeartbeat(agent()).orElseThrow();
    agents().heartbeat(agent());
    elapse(Duration.ofSeconds(2));
    Awaitility.await()
        .atMost(SOON)
        .until(() -> agents().lastHeartbeat(agent()).orElseThrow().isAfter(first));
  }

  private static Agent next(Agent agent) {
    return agent.withConfiguration(
        Map.of("n", (Integer) agent.configuration().getOrDefault("n", 0) + 1));
  }

  private AgentRepository agents() {
    return persistence().agents();
  }

  private static <T> DataResult<T> row(Map<AgentId, DataResult<T>> rows, AgentId id) {
    return Objects.requireNonNull(rows.get(id));
  }

  private Versioned<Agent> find(AgentId id) {
    return agents().find(id).orElseThrow();
  }

  private static boolean succeeds(Runnable call) {
    try {
      call.run();
      return true;
    } catch (PersistenceException e) {
      assertThat(e.error()).isIn(DataError.VERSION_CONFLICT, DataError.DUPLICATE_KEY);
      return false;
    }
  }
}
