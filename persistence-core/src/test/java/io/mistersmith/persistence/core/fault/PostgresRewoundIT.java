package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.repository.StateRepository;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL goes back in time: an older copy of its data directory is put in its place. */
@Tag("fault")
class PostgresRewoundIT {

  @TempDir Path directory;

  @Test
  void theJournalIsReadAgainByItself() {
    Ledger ledger = new Ledger();
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence persistence = installation.open()) {
        List<String> agents = installation.register(persistence, 4);
        write(persistence, agents, 0, ledger);
        installation.awaitAll(ledger);
        servers.postgres().stop();
        Path older = servers.postgres().copyData(directory.resolve("older"));
        servers.postgres().restart();
        write(persistence, agents, 1_000_000, ledger);
        installation.awaitAll(ledger);
        servers.postgres().stop();
        servers.postgres().replaceData(older);
        servers.postgres().restart();
        int missing = ledger.missingFrom(installation.rows()).size();
        int rows = installation.awaitAll(ledger).size();
        assertThat(ledger.failures()).isZero();
        installation.assertNothingWentBack();
        servers.report(
            "PostgresRewound",
            "acknowledged=%d rows=%d missing_at_first=%d lost=0 new_writes_needed=0"
                .formatted(ledger.acknowledged(), rows, missing));
      }
    }
  }

  private static void write(
      Persistence persistence, List<String> agents, long firstNumber, Ledger ledger) {
    StateRepository<Long> states = persistence.states(Long.class);
    try (Writers writers =
        Writers.start(2, states, agents, Writers.Keys.OVERWRITTEN, firstNumber, ledger)) {
      Waits.moreAcknowledged(ledger, 1_000);
      writers.stop();
    }
  }
}
