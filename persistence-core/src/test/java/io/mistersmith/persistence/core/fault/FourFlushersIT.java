package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Four runtimes that write at once, and flush at once. */
@Tag("fault")
@Tag("full")
class FourFlushersIT {

  private static final FaultServers SERVERS = FaultServers.unharmed();
  private static final int RUNTIMES = 4;

  private final Ledger ledger = new Ledger();

  /** The lease is shorter than many a batch takes, so that leadership moves all the time. */
  @Test
  void takeTurns() {
    Installation installation = SERVERS.installation();
    write(installation, config -> Persistence.open(config));
    int rows = installation.awaitAll(ledger).size();
    long terms =
        Long.parseLong(
            installation.query("SELECT max(fencing_token) FROM agents.journal_leases").get(0));
    assertThat(terms).as("terms of leadership").isGreaterThan(RUNTIMES);
    installation.assertNothingWentBack();
    SERVERS.report(
        "FourFlushers lease=moving",
        "runtimes=4 terms=%d acknowledged=%d rows=%d row_updates=%d lost=0 went_back=0"
            .formatted(terms, ledger.acknowledged(), rows, installation.updates()));
  }

  @Test
  void allBelieveThatTheyLead() {
    Installation installation = SERVERS.installation();
    AlwaysLeading stores = new AlwaysLeading(() -> {});
    write(installation, config -> Persistence.open(config, stores));
    int rows = installation.awaitAll(ledger).size();
    installation.assertNothingWentBack();
    assertThat(stores.refused()).as("batches refused").isPositive();
    SERVERS.report(
        "FourFlushers lease=broken",
        "runtimes=4 batches=%d refused=%d acknowledged=%d rows=%d row_updates=%d lost=0 went_back=0"
            .formatted(
                stores.applied(),
                stores.refused(),
                ledger.acknowledged(),
                rows,
                installation.updates()));
  }

  private void write(Installation installation, Function<PersistenceConfig, Persistence> opening) {
    PersistenceConfig config =
        installation.config().toBuilder()
            .flush(
                FlushConfig.builder()
                    .dirtyKeys(20)
                    .maxAge(Duration.ofMillis(5))
                    .maxBytes(1 << 20)
                    .leaseDuration(Duration.ofMillis(20))
                    .closeDeadline(Duration.ofSeconds(20))
                    .build())
            .build();
    List<Persistence> runtimes = new ArrayList<>();
    List<Writers> writers = new ArrayList<>();
    try {
      for (int i = 0; i < RUNTIMES; i++) {
        runtimes.add(opening.apply(config));
      }
      for (Persistence runtime : runtimes) {
        writers.add(
            Writers.start(
                2,
                runtime.states(Long.class),
                installation.register(runtime, 2),
                Writers.Keys.OVERWRITTEN,
                0,
                ledger));
      }
      Waits.moreAcknowledged(ledger, 5_000);
      Waits.passed(Duration.ofSeconds(Repetitions.of(4, 2)));
    } finally {
      writers.forEach(Writers::close);
      runtimes.forEach(Persistence::close);
    }
  }
}
