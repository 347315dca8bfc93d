package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.config.ConsistencyConfig.OrphanPolicy;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Repair;
import io.mistersmith.persistence.state.StateRepository;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Rows and entries are corrupted past the library while others are written; checks find exactly
 * these.
 */
@Tag("fault")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("full")
class ConsistencyIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int QUIET = 300;

  private final FaultServers servers = FaultServers.start();

  @AfterAll
  void close() {
    servers.close();
  }

  @Test
  void findsAndRepairsExactlyTheCorruptedOnesWhileOthersWrite() {
    Ledger ledger = new Ledger();
    Installation installation = servers.installation();
    PersistenceConfig config =
        installation.config().toBuilder()
            .consistency(
                ConsistencyConfig.builder()
                    .interval(Duration.ZERO)
                    .sampleSize(1)
                    .orphans(OrphanPolicy.REMOVE)
                    .orphanAge(Duration.ZERO)
                    .build())
            .build();
    try (Persistence persistence = Persistence.open(config);
        Streams streams = Streams.of(installation)) {
      StateRepository<Long> states = persistence.states(Long.class);
      List<AgentId> agents = installation.register(persistence, 5);
      AgentId quiet = installation.register(persistence, 1).get(0);
      Map<Integer, Revision> revisions = new HashMap<>();
      for (int i = 0; i < QUIET; i++) {
        revisions.put(i, states.save(key(quiet, i), (long) i).revision());
      }
      persistence.lifecycle().flush(quiet, SOON);
      long compared = 0;
      long checks = 0;
      long inFlight = 0;
      List<Inconsistency> found = new ArrayList<>();
      try (Writers writers =
          Writers.start(4, states, agents, Writers.Keys.OVERWRITTEN, 0, ledger)) {
        Waits.moreAcknowledged(ledger, 1_000);
        long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (System.nanoTime() < end) {
          ConsistencyReport report =
              persistence
                  .operations()
                  .consistency()
                  .check(CheckScope.agent(agents.get((int) (checks % 5))));
          assertThat(report.inconsistencies()).as("nothing is corrupted yet").isEmpty();
          compared += report.compared();
          inFlight += report.inFlight();
          checks++;
        }
        assertThat(compared).isPositive();

        corrupt(installation, streams, quiet, revisions);
        ConsistencyReport report =
            persistence.operations().consistency().check(CheckScope.agent(quiet));
        found.addAll(report.inconsistencies());
        report = persistence.operations().consistency().check(CheckScope.everything());
        found.addAll(report.inconsistencies());
        writers.stop();
      }
      assertThat(found)
          .extracting(one -> one.kind() + " " + one.key().orElseThrow().key())
          .containsExactlyInAnyOrder(
              "VALUE_DIFFERS k1",
              "VALUE_DIFFERS k2",
              "VALUE_DIFFERS k3",
              "MISSING_IN_SQL k4",
              "MISSING_IN_SQL k5",
              "SQL_BEHIND k6",
              "SQL_BEHIND k7",
              "STALE_HYDRATION k8",
              "VALUE_DIFFERS k9",
              "ORPHAN_ROW lost");
      assertThat(found).allSatisfy(one -> assertThat(one.repair()).isEqualTo(Repair.REPAIRED));
      persistence.lifecycle().flush(quiet, SOON);
      assertThat(persistence.operations().consistency().check(CheckScope.everything()).found())
          .isEmpty();
      Map<StateKey, Row> rows = installation.awaitAll(ledger);
      for (int i = 0; i < QUIET; i++) {
        assertThat(rows.get(key(quiet, i))).extracting(Row::number).isEqualTo((long) i);
        assertThat(states.find(key(quiet, i)).orElseThrow().value()).isEqualTo(i);
      }
      servers.report(
          "Consistency",
          "checks_under_load=%d compared=%d in_flight=%d false_positives=0 corrupted=10 found=%d acknowledged=%d lost=0"
              .formatted(checks, compared, inFlight, found.size(), ledger.acknowledged()));
    }
  }

  private static StateKey key(AgentId agent, int number) {
    return StateKey.of(agent, "k" + number);
  }

  private static void corrupt(
      Installation installation, Streams streams, AgentId agent, Map<Integer, Revision> revisions) {
    String where = " WHERE agent_id = '" + agent + "' AND state_key IN ";
    installation.execute("UPDATE agents.state SET state_value = '-7'" + where + "('_.k1', '_.k2')");
    installation.execute("UPDATE agents.state SET expires_at = '2099-01-01'" + where + "('_.k3')");
    installation.execute("DELETE FROM agents.state" + where + "('_.k4', '_.k5')");
    installation.execute("UPDATE agents.state SET version = 1" + where + "('_.k6', '_.k7')");
    installation.execute("UPDATE agents.state SET checksum = 'none'" + where + "('_.k9')");
    streams.evict(Installation.tail(agent, "_.k8"));
    Revision revision = revisions.get(8);
    streams.publish(
        Installation.tail(agent, "_.k8"),
        "-8",
        new Headers().put("Persistence-Revision", String.valueOf(revision)));
    installation.execute(
        """
        SET session_replication_role = replica;
        INSERT INTO agents.state (agent_id, state_key, state_value)
        VALUES ('%s', '_.lost', '0')
        """
            .formatted(UUID.randomUUID()));
  }
}
