package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.monitor.CheckScope;
import io.mistersmith.persistence.monitor.Inconsistency;
import io.mistersmith.persistence.monitor.Inconsistency.Kind;
import io.mistersmith.persistence.monitor.Inconsistency.Repair;
import io.mistersmith.persistence.repository.StateRepository;
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
 * Each difference on real servers: reported and left where repair is off, mended where it is on,
 * found by the sampler alone.
 */
@Tag("fault")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SpoiltStoresIT {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final ConsistencyConfig ASKED =
      ConsistencyConfig.defaults().withSampling(Duration.ZERO, 1);

  private final FaultServers servers = FaultServers.start();

  @TempDir Path directory;

  @AfterAll
  void close() {
    servers.close();
  }

  private static Persistence open(
      Installation installation, ConsistencyConfig consistency, Heard heard) {
    return Persistence.open(
        installation.config().toBuilder().consistency(consistency).listener(heard).build());
  }

  /** Saves a key for each way to spoil one, and a key after each. */
  private static Map<Spoil, Revision> save(Persistence persistence, String agent) {
    StateRepository<Long> states = persistence.states(Long.class);
    Map<Spoil, Revision> revisions = new EnumMap<>(Spoil.class);
    for (Spoil spoil : Spoil.values()) {
      revisions.put(spoil, states.save(key(agent, spoil), Spoil.WRITTEN).revision());
      states.save(StateKey.of(agent, "after-" + spoil), 0L);
    }
    states.flush(agent, SOON);
    return revisions;
  }

  private static StateKey key(String agent, Spoil spoil) {
    return StateKey.of(agent, spoil.name());
  }

  private static void spoilAll(
      Installation installation, String agent, Map<Spoil, Revision> revisions) {
    try (Streams streams = Streams.of(installation)) {
      revisions.forEach(
          (spoil, revision) -> spoil.spoil(installation, streams, key(agent, spoil), revision));
    }
  }

  private static void assertAllFound(List<Inconsistency> found, Repair repair) {
    assertThat(found)
        .extracting(one -> one.key().orElseThrow().key() + " " + one.kind())
        .containsExactlyInAnyOrder(
            Arrays.stream(Spoil.values())
                .map(spoil -> spoil + " " + spoil.kind())
                .toArray(String[]::new));
    assertThat(found).allSatisfy(one -> assertThat(one.repair()).isEqualTo(repair));
  }

  @Test
  void isReportedAndLeftOrMendedFromTheWrite() {
    Installation installation = servers.installation();
    String agent;
    Map<StateKey, Row> spoilt;
    Heard heard = new Heard();
    try (Persistence persistence = open(installation, ASKED.withRepair(false), heard)) {
      agent = installation.register(persistence, 1).get(0);
      spoilAll(installation, agent, save(persistence, agent));
      spoilt = installation.rows();
      assertAllFound(
          persistence.consistency().check(CheckScope.agent(agent)).inconsistencies(), Repair.LEFT);
      assertAllFound(heard.found(), Repair.LEFT);
    }
    assertThat(installation.rows()).as("nothing was touched").isEqualTo(spoilt);
    heard = new Heard();
    try (Persistence persistence = open(installation, ASKED, heard)) {
      assertAllFound(
          persistence.consistency().check(CheckScope.everything()).inconsistencies(),
          Repair.REPAIRED);
      assertAllFound(heard.found(), Repair.REPAIRED);
      assertThat(persistence.consistency().check(CheckScope.everything()).found()).isEmpty();
      assertMended(installation, persistence, agent);
    }
  }

  private static void assertMended(
      Installation installation, Persistence persistence, String agent) {
    StateRepository<Long> states = persistence.states(Long.class);
    for (Spoil spoil : Spoil.values()) {
      StateKey key = key(agent, spoil);
      assertThat(installation.row(key).number()).as("row %s", spoil).isEqualTo(Spoil.WRITTEN);
      assertThat(states.find(key).orElseThrow().value())
          .as("read %s", spoil)
          .isEqualTo(Spoil.WRITTEN);
    }
  }

  @Test
  void isFoundAndMendedByTheSamplerAlone() {
    Installation installation = servers.installation();
    Heard heard = new Heard();
    ConsistencyConfig often = ConsistencyConfig.defaults().withSampling(Duration.ofMillis(200), 50);
    try (Persistence persistence = open(installation, often, heard)) {
      String agent = installation.register(persistence, 1).get(0);
      spoilAll(installation, agent, save(persistence, agent));
      await()
          .atMost(SOON)
          .until(
              () ->
                  heard.found().stream()
                          .filter(one -> one.repair() == Repair.REPAIRED)
                          .map(one -> one.key().orElseThrow())
                          .distinct()
                          .count()
                      == Spoil.values().length);
      assertMended(installation, persistence, agent);
      assertThat(persistence.consistency().check(CheckScope.everything()).found()).isEmpty();
      assertThat(heard.reports()).isNotEmpty();
    }
  }

  @Test
  void aRevisionThatTheStreamNeverGaveIsLeftToAnOperator() {
    Installation installation = servers.installation();
    Heard heard = new Heard();
    try (Persistence persistence = open(installation, ASKED, heard)) {
      String agent = installation.register(persistence, 1).get(0);
      StateKey key = StateKey.of(agent, "k");
      StateRepository<Long> states = persistence.states(Long.class);
      Revision revision = states.save(key, 1L).revision();
      states.flush(key, SOON);
      installation.execute("UPDATE agents.state SET version = 1000000");
      persistence.consistency().check(CheckScope.agent(agent));
      assertThat(heard.found()).hasSize(1);
      Inconsistency found = heard.found().get(0);
      assertThat(found.kind()).isEqualTo(Kind.SQL_AHEAD);
      assertThat(found.repair()).isEqualTo(Repair.LEFT);
      assertThat(found.kvRevision()).contains(revision);
      assertThat(found.sqlRevision()).contains(new Revision(revision.epoch(), 1_000_000));
      // What the README tells the operator to do.
      installation.execute("DELETE FROM agents.state WHERE state_key = 'k'");
      assertThat(persistence.consistency().check(CheckScope.agent(agent)).found())
          .containsOnlyKeys(Kind.MISSING_IN_SQL);
      assertThat(installation.row(key).number()).isEqualTo(1);
      assertThat(persistence.consistency().check(CheckScope.agent(agent)).found()).isEmpty();
    }
  }

  @Test
  void anEntryThatIsOlderThanItsRowLeavesKv() {
    Installation installation = servers.installation();
    Heard heard = new Heard();
    try (Persistence persistence = open(installation, ASKED, heard)) {
      String agent = installation.register(persistence, 1).get(0);
      StateKey key = StateKey.of(agent, "k");
      StateKey other = StateKey.of(agent, "other");
      StateRepository<Long> states = persistence.states(Long.class);
      states.save(key, 1L);
      states.flush(key, SOON);
      servers.nats().kill();
      Path older = servers.nats().copyStore(directory.resolve("older"));
      servers.nats().restart();
      await().atMost(SOON).ignoreExceptions().until(() -> states.find(key).isPresent());
      states.save(key, 2L);
      states.flush(key, SOON);
      servers.nats().kill();
      servers.nats().replaceStore(older);
      servers.nats().restart();
      await().atMost(SOON).ignoreExceptions().until(() -> states.save(other, 3L) != null);
      states.flush(other, SOON);
      persistence.consistency().check(CheckScope.everything());
      assertThat(heard.found())
          .extracting(one -> one.key().orElseThrow().key() + " " + one.kind() + " " + one.repair())
          .containsExactly("k KV_BEHIND REPAIRED");
      assertThat(states.find(key).orElseThrow().value()).isEqualTo(2);
      assertThat(installation.row(key).number()).isEqualTo(2);
      assertThat(persistence.consistency().check(CheckScope.everything()).found()).isEmpty();
    }
  }
}
