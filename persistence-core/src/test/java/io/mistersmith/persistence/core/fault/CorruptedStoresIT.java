package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Kind;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Repair;
import io.mistersmith.persistence.state.StateRepository;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each difference on real servers: reported and left where repair is off, repaired where it is on,
 * also when only the sampler finds it.
 */
@Tag("fault")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CorruptedStoresIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final ConsistencyConfig ASKED =
      ConsistencyConfig.builder().interval(Duration.ZERO).sampleSize(1).build();

  private final FaultServers servers = FaultServers.start();

  @TempDir Path directory;

  @AfterAll
  void close() {
    servers.close();
  }

  private static Persistence open(
      Installation installation, ConsistencyConfig consistency, ConsistencyEvents events) {
    return Persistence.open(
        installation.config().toBuilder().consistency(consistency).listener(events).build());
  }

  /** Saves a key for each way to corrupt one, and a key after each. */
  private static Map<Corruption, Revision> save(Persistence persistence, AgentId agent) {
    StateRepository<Long> states = persistence.states(Long.class);
    Map<Corruption, Revision> revisions = new EnumMap<>(Corruption.class);
    for (Corruption corruption : Corruption.values()) {
      revisions.put(corruption, states.save(key(agent, corruption), Corruption.WRITTEN).revision());
      states.save(StateKey.of(agent, "after-" + corruption), 0L);
    }
    persistence.lifecycle().flush(agent, SOON);
    return revisions;
  }

  private static StateKey key(AgentId agent, Corruption corruption) {
    return StateKey.of(agent, corruption.name());
  }

  private static void corruptAll(
      Installation installation, AgentId agent, Map<Corruption, Revision> revisions) {
    try (Streams streams = Streams.of(installation)) {
      revisions.forEach(
          (corruption, revision) ->
              corruption.apply(installation, streams, key(agent, corruption), revision));
    }
  }

  private static void assertAllFound(List<Inconsistency> found, Repair repair) {
    assertThat(found)
        .extracting(one -> one.key().orElseThrow().key() + " " + one.kind())
        .containsExactlyInAnyOrder(
            Arrays.stream(Corruption.values())
                .map(corruption -> corruption + " " + corruption.kind())
                .toArray(String[]::new));
    assertThat(found).allSatisfy(one -> assertThat(one.repair()).isEqualTo(repair));
  }

  @Test
  void isReportedAndLeftOrMendedFromTheWrite() {
    Installation installation = servers.installation();
    AgentId agent;
    Map<StateKey, Row> corrupted;
    ConsistencyEvents events = new ConsistencyEvents();
    try (Persistence persistence =
        open(installation, ASKED.toBuilder().repair(false).build(), events)) {
      agent = installation.register(persistence, 1).get(0);
      corruptAll(installation, agent, save(persistence, agent));
      corrupted = installation.rows();
      assertAllFound(
          persistence.operations().consistency().check(CheckScope.agent(agent)).inconsistencies(),
          Repair.LEFT);
      assertAllFound(events.found(), Repair.LEFT);
    }
    assertThat(installation.rows()).as("nothing was touched").isEqualTo(corrupted);
    events = new ConsistencyEvents();
    try (Persistence persistence = open(installation, ASKED, events)) {
      assertAllFound(
          persistence.operations().consistency().check(CheckScope.everything()).inconsistencies(),
          Repair.REPAIRED);
      assertAllFound(events.found(), Repair.REPAIRED);
      assertThat(persistence.operations().consistency().check(CheckScope.everything()).found())
          .isEmpty();
      assertMended(installation, persistence, agent);
    }
  }

  private static void assertMended(
      Installation installation, Persistence persistence, AgentId agent) {
    StateRepository<Long> states = persistence.states(Long.class);
    for (Corruption corruption : Corruption.values()) {
      StateKey key = key(agent, corruption);
      assertThat(installation.row(key).number())
          .as("row %s", corruption)
          .isEqualTo(Corruption.WRITTEN);
      assertThat(states.find(key).orElseThrow().value())
          .as("read %s", corruption)
          .isEqualTo(Corruption.WRITTEN);
    }
  }

  @Test
  void isFoundAndMendedByTheSamplerAlone() {
    Installation installation = servers.installation();
    ConsistencyEvents events = new ConsistencyEvents();
    ConsistencyConfig often =
        ConsistencyConfig.builder().interval(Duration.ofMillis(200)).sampleSize(50).build();
    try (Persistence persistence = open(installation, often, events)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      corruptAll(installation, agent, save(persistence, agent));
      await()
          .atMost(SOON)
          .until(
              () ->
                  events.found().stream()
                          .filter(one -> one.repair() == Repair.REPAIRED)
                          .map(one -> one.key().orElseThrow())
                          .distinct()
                          .count()
                      == Corruption.values().length);
      assertMended(installation, persistence, agent);
      assertThat(persistence.operations().consistency().check(CheckScope.everything()).found())
          .isEmpty();
      assertThat(events.reports()).isNotEmpty();
    }
  }

  @Test
  void aRevisionThatTheStreamNeverGaveIsLeftToAnOperator() {
    Installation installation = servers.installation();
    ConsistencyEvents events = new ConsistencyEvents();
    try (Persistence persistence = open(installation, ASKED, events)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateKey key = StateKey.of(agent, "k");
      StateRepository<Long> states = persistence.states(Long.class);
      Revision.OfJournal revision = (Revision.OfJournal) states.save(key, 1L).revision();
      states.flush(key, SOON);
      installation.execute("UPDATE agents.state SET version = 1000000");
      persistence.operations().consistency().check(CheckScope.agent(agent));
      assertThat(events.found()).hasSize(1);
      Inconsistency found = events.found().get(0);
      assertThat(found.kind()).isEqualTo(Kind.SQL_AHEAD);
      assertThat(found.repair()).isEqualTo(Repair.LEFT);
      assertThat(found.kvRevision()).contains(revision);
      assertThat(found.sqlRevision()).contains(new Revision.OfJournal(revision.epoch(), 1_000_000));
      // The step that docs/operations.md gives to the operator.
      installation.execute("DELETE FROM agents.state WHERE state_key LIKE '%.k'");
      assertThat(persistence.operations().consistency().check(CheckScope.agent(agent)).found())
          .containsOnlyKeys(Kind.MISSING_IN_SQL);
      assertThat(installation.row(key).number()).isEqualTo(1);
      assertThat(persistence.operations().consistency().check(CheckScope.agent(agent)).found())
          .isEmpty();
    }
  }

  @Test
  void anEntryThatIsOlderThanItsRowLeavesKv() {
    Installation installation = servers.installation();
    ConsistencyEvents events = new ConsistencyEvents();
    try (Persistence persistence = open(installation, ASKED, events)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateKey key = StateKey.of(agent, "k");
      StateKey other = StateKey.of(agent, "other");
      StateRepository<Long> states = persistence.states(Long.class);
      states.save(key, 1L);
      states.flush(key, SOON);
      servers.nats().kill();
      Path older = servers.nats().copyStore(directory.resolve("older"));
      servers.nats().restart();
      await()
          .atMost(SOON)
          .ignoreExceptions()
          .until(() -> states.find(key).orElseThrow().awaySince().isEmpty());
      states.save(key, 2L);
      states.flush(key, SOON);
      servers.nats().kill();
      servers.nats().replaceStore(older);
      servers.nats().restart();
      await().atMost(SOON).ignoreExceptions().until(() -> states.save(other, 3L) != null);
      states.flush(other, SOON);
      persistence.operations().consistency().check(CheckScope.everything());
      assertThat(events.found())
          .extracting(one -> one.key().orElseThrow().key() + " " + one.kind() + " " + one.repair())
          .containsExactly("k KV_BEHIND REPAIRED");
      assertThat(states.find(key).orElseThrow().value()).isEqualTo(2);
      assertThat(installation.row(key).number()).isEqualTo(2);
      assertThat(persistence.operations().consistency().check(CheckScope.everything()).found())
          .isEmpty();
    }
  }
}
