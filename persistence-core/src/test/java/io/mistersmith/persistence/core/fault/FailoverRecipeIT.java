package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The operator's recipe of docs/operations.md, there and back, while a runtime writes. */
@Tag("fault")
@Tag("full")
@Tag("connections")
class FailoverRecipeIT {

  private static final Duration SOON = Duration.ofSeconds(40);

  private static final String LAG =
      """
      SELECT count(*) FROM pg_stat_replication
       WHERE application_name = '%s' AND state = 'streaming'
         AND pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) < 16 * 1024 * 1024
      """;

  @Test
  void aPrimaryIsReplacedAndComesBack() {
    Ledger ledger = new Ledger();
    Failovers failovers = new Failovers();
    try (FaultServers servers = FaultServers.start()) {
      PostgresServer first = servers.postgres();
      Installation at = servers.installation();
      try (PostgresStandby standby = first.standby("second")) {
        PostgresServer second = standby.server();
        try (Persistence persistence = at.onAll(first, second).open(failovers)) {
          List<AgentId> agents = at.register(persistence, 4);
          StateRepository<Long> states = persistence.states(Long.class);
          try (Writers writers =
              Writers.start(2, states, agents, Writers.Keys.OVERWRITTEN, 0, ledger)) {
            Waits.moreAcknowledged(ledger, 500);
            replace(at, first, standby, "second");
            assertServed(persistence, failovers, 2);
            Waits.moreAcknowledged(ledger, 500);

            PostgresStandby rebuilt = second.rebuildAsStandby(first, "first");
            replace(at, second, rebuilt, "first");
            assertServed(persistence, failovers, 3);
            Waits.moreAcknowledged(ledger, 500);
            writers.stop();
          }
          Installation now = at.on(first);
          Tally tally = ledger.settle(now);
          servers.report("FailoverRecipe promotions=2", tally, "failed=" + ledger.failures());
          ledger.assertKept(now);
          assertThat(ledger.failures()).isZero();
          Installation.assertConsistent(persistence);
        }
      }
    }
  }

  private static void replace(
      Installation at, PostgresServer primary, PostgresStandby standby, String name) {
    // 1: it streams, and its lag is small.
    await()
        .atMost(SOON)
        .until(() -> at.on(primary).query(LAG.formatted(name)), List.of("1")::equals);
    // 2: nobody can write to the old one any more.
    primary.stop();
    assertThatThrownBy(() -> at.on(primary).query("SELECT 1"))
        .isInstanceOf(IllegalStateException.class);
    // 3
    standby.promote();
    assertThat(at.on(standby.server()).query("SELECT pg_is_in_recovery()")).containsExactly("f");
  }

  private static void assertServed(Persistence persistence, Failovers failovers, int timeline) {
    await()
        .atMost(SOON)
        .until(
            () -> failovers.seen().stream().anyMatch(seen -> seen.change().timeline() == timeline));
    await()
        .atMost(SOON)
        .until(
            () ->
                persistence.operations().notices().stream()
                    .noneMatch(notice -> notice.contains("PostgreSQL")));
  }
}
