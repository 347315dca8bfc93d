package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** PostgreSQL is killed with SIGKILL and started again while a runtime writes. */
@Tag("fault")
class PostgresRestartIT {

  private static final int RESTARTS = Repetitions.of(5, 3);

  @Test
  void losesNoWriteAndFailsNone() {
    Ledger ledger = new Ledger();
    Epochs epochs = new Epochs();
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence persistence = installation.open(epochs)) {
        List<AgentId> agents = installation.register(persistence, 6);
        StateRepository<Long> states = persistence.states(Long.class);
        try (Writers again = Writers.start(2, states, agents, Writers.Keys.OVERWRITTEN, 0, ledger);
            Writers once = Writers.start(2, states, agents, Writers.Keys.ONCE, 0, ledger)) {
          for (int i = 0; i < RESTARTS; i++) {
            awaitFlushing(installation);
            servers.postgres().kill();
            Waits.moreAcknowledged(ledger, 1_000);
            servers.postgres().restart();
          }
          Waits.moreAcknowledged(ledger, 1_000);
          again.stop();
          once.stop();
        }
        int rows = installation.awaitAll(ledger).size();
        assertThat(ledger.failures()).as("failed writes").isZero();
        assertThat(persistence.operations().deadLetters().count()).isZero();
        assertThat(epochs.reasons()).as("epochs, though nothing was lost").isEmpty();
        installation.assertNothingWentBack();
        servers.report(
            "PostgresRestart",
            "kills=%d acknowledged=%d failed=0 rows=%d lost=0"
                .formatted(RESTARTS, ledger.acknowledged(), rows));
      }
    }
  }

  /** Waits until batches are being applied: only then can a kill hit one in its middle. */
  private static void awaitFlushing(Installation installation) {
    long before = position(installation);
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> position(installation) > before);
  }

  private static long position(Installation installation) {
    return Long.parseLong(
        installation
            .query(
                "SELECT coalesce(max(sequence), 0) FROM agents.journal_positions WHERE bucket = '"
                    + installation.bucket()
                    + "'")
            .get(0));
  }
}
