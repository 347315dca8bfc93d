package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.config.ConsistencyConfig.OrphanPolicy;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import io.mistersmith.persistence.state.StateRepository;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Every kind of orphan on real servers, under every policy. */
@Tag("fault")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OrphansIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration AGE = Duration.ofMillis(300);

  private final FaultServers servers = FaultServers.start();
  private final Installation installation = servers.installation();
  private final ConsistencyEvents events = new ConsistencyEvents();
  private final AgentId unknown = AgentId.random();

  @AfterAll
  void close() {
    servers.close();
  }

  private Persistence open(OrphanPolicy policy, Duration age) {
    return Persistence.open(
        installation.config().toBuilder()
            .consistency(
                ConsistencyConfig.builder()
                    .interval(Duration.ZERO)
                    .sampleSize(1)
                    .orphans(policy)
                    .orphanAge(age)
                    .build())
            .flush(keepingTombstonesFor(AGE))
            .listener(events)
            .build());
  }

  private static FlushConfig keepingTombstonesFor(Duration retention) {
    return FlushConfig.builder()
        .leaseDuration(Duration.ofSeconds(1))
        .tombstoneRetention(retention)
        .build();
  }

  private List<String> check(Persistence persistence) {
    events.found().clear();
    List<Inconsistency> found =
        persistence.operations().consistency().check(CheckScope.everything()).inconsistencies();
    assertThat(events.found()).isEqualTo(found);
    return found.stream()
        .map(
            one ->
                one.key().map(StateKey::key).orElse("no key")
                    + " "
                    + one.kind()
                    + " "
                    + one.repair())
        .toList();
  }

  @Test
  void areReportedThenKeptAsDeadLettersThenRemoved() {
    AgentId agent;
    try (Persistence persistence = open(OrphanPolicy.REPORT, AGE);
        Streams streams = Streams.of(installation)) {
      StateRepository<Long> states = persistence.states(Long.class);
      agent = installation.register(persistence, 1).get(0);
      AgentId leaving = installation.register(persistence, 1).get(0);
      states.save(StateKey.of(agent, "owned"), 1L);
      states.save(StateKey.of(agent, "marker"), 1L);
      states.delete(StateKey.of(agent, "marker"));
      states.save(StateKey.of(leaving, "left-behind"), 2L);
      states.save(StateKey.of(unknown, "refused"), 3L);
      streams.publish(Installation.tail(agent, "_.broken"), "{", new Headers());
      streams.publish("nobody", "1", new Headers());
      persistence.lifecycle().flush(leaving, SOON);
      await().atMost(SOON).until(() -> persistence.operations().deadLetters().count() == 3);
      installation.execute("DELETE FROM agents.registry WHERE agent_id = '" + leaving + "'");
      installation.execute("DELETE FROM agents.state WHERE state_key LIKE '%.marker'");
      installation.execute(
          """
          SET session_replication_role = replica;
          INSERT INTO agents.state (agent_id, state_key, state_value)
          VALUES ('%s', '_.row', '0')
          """
              .formatted(UUID.randomUUID()));
      Waits.passed(AGE);
      for (int i = 0; i < 2; i++) {
        assertThat(check(persistence))
            .containsExactlyInAnyOrder(
                "left-behind ORPHAN_ENTRY LEFT",
                "refused ORPHAN_ENTRY LEFT",
                "marker ORPHAN_MARKER LEFT",
                "broken UNDECODABLE LEFT",
                "no key UNDECODABLE LEFT",
                "row ORPHAN_ROW LEFT");
      }
    }
    try (Persistence persistence = open(OrphanPolicy.DEAD_LETTER, Duration.ofHours(1))) {
      assertThat(check(persistence)).hasSize(6).allMatch(found -> found.endsWith(" LEFT"));
    }
    try (Persistence persistence = open(OrphanPolicy.DEAD_LETTER, AGE)) {
      assertThat(check(persistence))
          .containsExactlyInAnyOrder(
              "left-behind ORPHAN_ENTRY UNDER_WAY",
              "refused ORPHAN_ENTRY REPAIRED",
              "marker ORPHAN_MARKER REPAIRED",
              "broken UNDECODABLE REPAIRED",
              "no key UNDECODABLE REPAIRED",
              "row ORPHAN_ROW LEFT");
      await().atMost(SOON).until(() -> persistence.operations().deadLetters().count() == 4);
      Waits.passed(AGE);
      assertThat(check(persistence))
          .containsExactlyInAnyOrder("left-behind ORPHAN_ENTRY REPAIRED", "row ORPHAN_ROW LEFT");
      assertThat(check(persistence)).containsExactly("row ORPHAN_ROW LEFT");
      assertThat(persistence.operations().deadLetters().count())
          .as("nothing was lost")
          .isEqualTo(4);
    }
    try (Persistence persistence = open(OrphanPolicy.REMOVE, Duration.ZERO)) {
      assertThat(check(persistence)).containsExactly("row ORPHAN_ROW REPAIRED");
      assertThat(check(persistence)).isEmpty();
      assertThat(installation.query("SELECT state_key FROM agents.state"))
          .containsExactly("_.owned");
      assertThat(
              persistence
                  .states(Long.class)
                  .find(StateKey.of(agent, "owned"))
                  .orElseThrow()
                  .value())
          .isEqualTo(1);
    }
  }
}
