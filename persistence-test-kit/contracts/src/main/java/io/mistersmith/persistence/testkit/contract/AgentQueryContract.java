package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.EventQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of what is found of agents without their ids: the agents, events, checkpoints. */
public abstract class AgentQueryContract extends PersistenceContract {

  private static final TransactionOptions TRANSACTION =
      TransactionOptions.builder(Boundary.SINGLE_OPERATION, "find in a transaction").build();

  /** For implementations. */
  protected AgentQueryContract() {}

  private Agent save(Agent agent) {
    return persistence().agents().save(agent).value();
  }

  private List<AgentId> found(AgentQuery query) {
    return ids(persistence().agents().find(query));
  }

  private static List<AgentId> ids(List<Versioned<Agent>> agents) {
    return agents.stream().map(agent -> agent.value().id()).toList();
  }

  @Test
  void agentsAreFoundByEachConditionAndByAll() {
    Agent parent = save(Agent.of("planner", "parent").withStatus(Agent.Status.ACTIVE));
    Agent child =
        save(
            Agent.of("searcher", "child")
                .withStatus(Agent.Status.ACTIVE)
                .withParent(parent.id())
                .withCapabilities(Map.of("tools", List.of("web", "files"), "rank", 1)));
    Agent idle = save(Agent.of("searcher", "idle").withStatus(Agent.Status.IDLE));

    assertThat(found(AgentQuery.all()))
        .containsExactlyInAnyOrder(agent(), parent.id(), child.id(), idle.id());
    assertThat(found(AgentQuery.active())).containsExactlyInAnyOrder(parent.id(), child.id());
    assertThat(found(AgentQuery.childrenOf(parent.id()))).containsExactly(child.id());
    assertThat(found(AgentQuery.all().withType("searcher")))
        .containsExactlyInAnyOrder(child.id(), idle.id());
    assertThat(
            found(
                AgentQuery.active()
                    .withType("searcher")
                    .withParent(parent.id())
                    .withCapabilities(Map.of("rank", 1.0))))
        .containsExactly(child.id());
    assertThat(found(AgentQuery.active().withType("planner").withParent(parent.id()))).isEmpty();
  }

  @Test
  void capabilitiesAreFoundByContainment() {
    AgentId able =
        save(Agent.of("t", "able")
                .withCapabilities(
                    Map.of(
                        "tools",
                        List.of("web", Map.of("name", "shell", "root", false)),
                        "limits",
                        Map.of("tokens", 1000, "cost", 0.5))))
            .id();
    List<Map<String, Object>> contained =
        List.of(
            Map.of(),
            Map.of("tools", List.of()),
            Map.of("tools", List.of("web", "web")),
            Map.of("tools", List.of(Map.of("name", "shell"))),
            Map.of("limits", Map.of("tokens", 1000.0)),
            Map.of("limits", Map.of(), "tools", List.of(Map.of("root", false), "web")));
    List<Map<String, Object>> notContained =
        List.of(
            Map.of("tools", "web"),
            Map.of("tools", List.of("we")),
            Map.of("tools", Map.of()),
            Map.of("limits", Map.of("tokens", 1001)),
            Map.of("limits", Map.of("tokens", "1000")),
            Map.of("other", Map.of()));
    for (Map<String, Object> part : contained) {
      assertThat(found(AgentQuery.all().withType("t").withCapabilities(part)))
          .as("%s", part)
          .containsExactly(able);
    }
    for (Map<String, Object> part : notContained) {
      assertThat(found(AgentQuery.all().withType("t").withCapabilities(part)))
          .as("%s", part)
          .isEmpty();
    }
    assertThat(found(AgentQuery.all().withCapabilities(Map.of("'; DROP TABLE x --", "' OR TRUE"))))
        .isEmpty();
  }

  @Test
  void whatNoAgentCanHaveIsRefused() {
    assertFails(
        DataError.SERIALIZATION_ERROR,
        () -> found(AgentQuery.all().withCapabilities(Map.of("a", "\u0000"))));
    assertFails(
        DataError.SERIALIZATION_ERROR,
        () -> found(AgentQuery.all().withCapabilities(Map.of("a", new Object()))));
    assertFails(
        DataError.INVALID_KEY, () -> found(AgentQuery.childrenOf(AgentId.external("nobody"))));
    assertThatThrownBy(() -> AgentQuery.all().withType("\u0000"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> AgentQuery.all().withLimit(0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void pagesHaveEveryAgentOnceInTheOrderOfTheIds() {
    List<Agent> agents =
        IntStream.range(0, 25).mapToObj(i -> Agent.of("paged", "agent " + i)).toList();
    agents.forEach(this::save);
    AgentQuery pages = AgentQuery.all().withType("paged").withLimit(10);
    List<AgentId> listed = new ArrayList<>();
    List<AgentId> page = found(pages);
    while (page.size() == 10) {
      listed.addAll(page);
      save(agents.get(listed.size()).withConfiguration(Map.of("changed", listed.size())));
      page = found(pages.after(page.get(9)));
    }
    listed.addAll(page);
    assertThat(listed)
        .containsExactlyElementsOf(
            agents.stream()
                .map(Agent::id)
                .sorted(Comparator.comparing(AgentId::toString))
                .toList());
    assertThat(found(pages.after(listed.get(24)))).isEmpty();
  }

  @Test
  void anAgentIsFoundWithTheRevisionThatASaveExpects() {
    Agent saved = save(Agent.of("found", "one"));
    Versioned<Agent> found = persistence().agents().find(AgentQuery.all().withType("found")).get(0);
    assertThat(found.value()).isEqualTo(saved);
    Revision revision = persistence().agents().find(saved.id()).orElseThrow().revision();
    assertThat(found.revision()).isEqualTo(revision);
    assertThat(
            persistence()
                .agents()
                .update(saved.id(), agent -> agent.withStatus(Agent.Status.IDLE))
                .revision()
                .isAfter(found.revision()))
        .isTrue();
    assertThat(found(AgentQuery.all().withType("found").withStatus(Agent.Status.IDLE)))
        .as("its own write")
        .containsExactly(saved.id());
    persistence().agents().delete(saved.id());
    assertThat(found(AgentQuery.all().withType("found"))).isEmpty();
  }

  @Test
  void silentAgentsAreThoseWithoutAHeartbeatSince() {
    AgentId beating = save(Agent.of("watched", "beating").withStatus(Agent.Status.ACTIVE)).id();
    AgentId silent = save(Agent.of("watched", "silent").withStatus(Agent.Status.IDLE)).id();
    elapse(Duration.ofMillis(20));
    persistence().agents().heartbeat(beating);
    Awaitility.await()
        .atMost(SOON)
        .until(() -> persistence().agents().lastHeartbeat(beating).isPresent());
    Instant beat = persistence().agents().lastHeartbeat(beating).orElseThrow();
    AgentQuery watched = AgentQuery.all().withType("watched");

    assertThat(found(watched.silentSince(beat))).containsExactly(silent);
    Instant sameMicrosecond = beat.truncatedTo(ChronoUnit.MICROS).plusNanos(999);
    assertThat(found(watched.silentSince(sameMicrosecond))).containsExactly(silent);
    assertThat(found(watched.silentSince(beat.plusMillis(1))))
        .containsExactlyInAnyOrder(beating, silent);
    assertThat(found(watched.silentSince(beat.minusSeconds(3_600))))
        .as("one that never sent a heartbeat counts from its registration")
        .isEmpty();
    assertThat(found(watched.withStatus(Agent.Status.ACTIVE).silentSince(beat.plusMillis(1))))
        .containsExactly(beating);
  }

  @Test
  void aTransactionFindsItsOwnAgentsAndNobodyElseDoes() {
    AgentQuery joining = AgentQuery.all().withType("joining");
    List<AgentId> inside =
        persistence()
            .transactions()
            .run(
                TRANSACTION,
                tx -> {
                  AgentId saved = tx.agents().save(Agent.of("joining", "new")).value().id();
                  assertThat(found(joining)).as("outside").isEmpty();
                  assertThat(ids(tx.agents().find(joining))).containsExactly(saved);
                  return ids(tx.agents().find(joining));
                });
    assertThat(found(joining)).isEqualTo(inside);
  }

  @Test
  void theHistoryOfAllAgentsIsFoundByTypeAndStatus() {
    Agent one = save(Agent.of("told", "one"));
    Agent other = save(Agent.of("told", "other"));
    save(one.withStatus(Agent.Status.ERROR));
    save(other.withStatus(Agent.Status.ERROR));
    save(one.withStatus(Agent.Status.ACTIVE));
    Instant later =
        config().build().clock().instant().plusSeconds(60).truncatedTo(ChronoUnit.MICROS);
    List<LifecycleEvent> own =
        IntStream.range(0, 7)
            .mapToObj(
                i -> LifecycleEvent.of(one.id(), "told", Map.of("n", i), later.plusMillis(i / 3)))
            .toList();
    own.forEach(event -> persistence().lifecycleEvents().record(event));

    assertThat(persistence().lifecycleEvents().find(EventQuery.toStatus(Agent.Status.ERROR)))
        .extracting(LifecycleEvent::agent)
        .containsExactlyInAnyOrder(one.id(), other.id());
    assertThat(persistence().lifecycleEvents().find(EventQuery.ofType(LifecycleEvent.REGISTERED)))
        .extracting(LifecycleEvent::agent)
        .contains(one.id(), other.id(), agent());
    assertThat(
            persistence()
                .lifecycleEvents()
                .find(
                    EventQuery.ofType(LifecycleEvent.STATUS_CHANGED)
                        .withNewStatus(Agent.Status.ACTIVE)))
        .extracting(LifecycleEvent::previousStatus)
        .containsExactly(Optional.of(Agent.Status.ERROR));

    EventQuery pages = EventQuery.ofType("told").withLimit(3);
    List<LifecycleEvent> listed = new ArrayList<>();
    List<LifecycleEvent> page = persistence().lifecycleEvents().find(pages);
    while (page.size() == 3) {
      listed.addAll(page);
      page = persistence().lifecycleEvents().find(pages.after(page.get(2)));
    }
    listed.addAll(page);
    assertThat(listed)
        .containsExactlyElementsOf(
            own.stream()
                .sorted(
                    Comparator.comparing(LifecycleEvent::at)
                        .thenComparing(event -> event.id().toString())
                        .reversed())
                .toList());
    assertThat(persistence().lifecycleEvents().find(pages.since(later.plusMillis(2))))
        .extracting(LifecycleEvent::at)
        .containsExactly(later.plusMillis(2));
    EventQuery last = pages.since(later.plusMillis(2).plusNanos(999));
    assertThat(persistence().lifecycleEvents().find(last)).as("in the same microsecond").hasSize(1);
    List<LifecycleEvent> inside =
        persistence().transactions().run(TRANSACTION, tx -> tx.lifecycleEvents().find(pages));
    assertThat(inside).hasSize(3);
  }

  @Test
  void aCheckpointIsFoundByItsName() {
    AgentId other = register();
    CheckpointOptions named = CheckpointOptions.full().withName("before");
    persistence().checkpoints().create(other, named);
    Checkpoint first = persistence().checkpoints().create(agent(), named);
    elapse(Duration.ofMillis(2));
    Checkpoint second = persistence().checkpoints().create(agent(), named);
    elapse(Duration.ofMillis(2));
    persistence().checkpoints().create(agent(), CheckpointOptions.full().withName("after"));

    assertThat(persistence().checkpoints().find(agent(), "before")).contains(second);
    assertThat(persistence().checkpoints().find(agent(), "between")).isEmpty();
    persistence().checkpoints().delete(second.id());
    assertThat(persistence().checkpoints().find(agent(), "before")).contains(first);
    Optional<Checkpoint> inside =
        persistence()
            .transactions()
            .run(TRANSACTION, tx -> tx.checkpoints().find(agent(), "before"));
    assertThat(inside).contains(first);
  }
}
