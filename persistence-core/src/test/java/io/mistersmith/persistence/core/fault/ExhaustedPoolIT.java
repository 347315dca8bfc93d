package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.Consistency.LagStats;
import io.mistersmith.persistence.operations.Pools.Stats;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Far more callers than connections, each of which is held for long. */
@Tag("fault")
@Tag("connections")
class ExhaustedPoolIT {

  private static final int THREADS = 64;
  private static final int CONNECTIONS = 10;
  private static final Duration LONG = Duration.ofSeconds(Repetitions.of(60, 2));
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Below what 64 callers wait for 10 connections at 100 ms each, so that some get none. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  /** The goal is 200 ms; this is for a busy machine. */
  private static final Duration LONGEST_LAG = Duration.ofSeconds(2);

  private static final String SLOW_INSERT =
      "INSERT INTO committed (id) SELECT CAST(:id AS bigint) FROM pg_sleep(0.1)";

  @Test
  void theFlushGoesOnAndCallersAreToldThatThePoolIsExhausted() {
    FaultServers servers = FaultServers.unharmed();
    Installation installation = servers.installation();
    installation.execute(CommittingWriters.TABLE);
    try (Persistence persistence = Persistence.open(config(installation))) {
      List<AgentId> agents = installation.register(persistence, 4);
      StateRepository<Long> states = persistence.states(Long.class);
      Ledger ledger = new Ledger();
      int waiting = 0;
      try (CommittingWriters committing =
              CommittingWriters.start(THREADS, persistence, SLOW_INSERT);
          Writers overwriting =
              Writers.paced(
                  Duration.ofMillis(2), states, agents, Writers.Keys.OVERWRITTEN, ledger);
          OwnReads reads = OwnReads.start(1, states, ledger)) {
        await().atMost(SOON).until(() -> callers(persistence).active() == CONNECTIONS);
        for (int i = 0; i < LONG.toSeconds(); i++) {
          Waits.passed(Duration.ofSeconds(1));
          waiting = Math.max(waiting, callers(persistence).waiting());
        }
        LagStats lag = persistence.operations().consistency().lag();
        committing.stop();
        overwriting.stop();
        reads.stop();
        Tally tally = ledger.settle(installation).plus(committing.tally(installation));
        Map<DataError, Long> failures = committing.failures();
        servers.report(
            "ExhaustedPool",
            tally,
            ("threads=%d connections=%d seconds=%d waiting_max=%d committed=%d"
                    + " commits_failed=%s flushed=%d flush_lag_p50_ms=%d flush_lag_p95_ms=%d"
                    + " flush_lag_max_ms=%d failed=%d")
                .formatted(
                    THREADS,
                    CONNECTIONS,
                    LONG.toSeconds(),
                    waiting,
                    committing.acknowledged().size(),
                    failures,
                    lag.samples(),
                    lag.p50().toMillis(),
                    lag.p95().toMillis(),
                    lag.max().toMillis(),
                    ledger.failures()));
        ledger.assertKept(installation);
        assertThat(tally.isKept()).as("rows: %s", tally).isTrue();
        assertThat(waiting).as("callers that waited").isGreaterThan(CONNECTIONS);
        assertThat(failures).containsKey(DataError.POOL_EXHAUSTED);
        assertThat(failures.keySet()).isSubsetOf(DataError.POOL_EXHAUSTED, DataError.TIMEOUT);
        assertThat(ledger.failures()).as("failed writes of state").isZero();
        assertThat(lag.samples()).isPositive();
        assertThat(lag.p95()).as("lag of the flush").isLessThan(LONGEST_LAG);
        await().atMost(SOON).until(() -> callers(persistence).active() == 0);
      }
    }
  }

  private static Stats callers(Persistence persistence) {
    return persistence.operations().pools().stats().stream()
        .filter(pool -> pool.role() == PostgresRole.PRIMARY)
        .findFirst()
        .orElseThrow();
  }

  private static PersistenceConfig config(Installation installation) {
    PersistenceConfig config = installation.config();
    return config.toBuilder()
        .postgres(
            config.postgres().toBuilder()
                .role(
                    PostgresRole.PRIMARY,
                    callers -> callers.connections(1, CONNECTIONS).acquireTimeout(PATIENCE))
                .build())
        .build();
  }
}
