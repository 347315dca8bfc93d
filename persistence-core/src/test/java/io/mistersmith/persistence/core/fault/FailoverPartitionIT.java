package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two primaries accept writes, and one of two runtimes reaches only the demoted one. Both reach
 * NATS.
 */
@Tag("fault")
@Tag("full")
@Tag("connections")
class FailoverPartitionIT {

  private static final Duration SOON = Duration.ofSeconds(40);
  private static final int WRITES = 50;

  private static final TransactionOptions OPTIONS =
      TransactionOptions.of(Boundary.SINGLE_OPERATION, "write a row");

  @Test
  void whatIsFlushedToTheDemotedOneIsNotDurable() {
    Failovers failovers = new Failovers();
    Ledger ledger = new Ledger();
    try (FaultServers servers = FaultServers.start()) {
      Installation old = servers.installation();
      old.execute(CommittingWriters.TABLE);
      try (PostgresStandby standby = servers.postgres().standby("second");
          Persistence cutOff = old.open()) {
        AgentId agent = old.register(cutOff, 1).get(0);
        StateRepository<Long> theirs = cutOff.states(Long.class);
        StateKey first = StateKey.of(agent, "first");
        theirs.awaitDurable(first, theirs.save(first, 1L).revision(), SOON);
        standby.awaitReplayOf(servers.postgres());
        Installation promoted = old.on(standby.server());
        try (Persistence persistence =
            old.onAll(servers.postgres(), standby.server()).open(failovers)) {
          standby.promote();
          await().atMost(SOON).until(() -> !failovers.seen().isEmpty());
          StateRepository<Long> states = persistence.states(Long.class);
          int wrong = 0;
          for (int i = 0; i < WRITES; i++) {
            StateKey key = StateKey.of(agent, "key-" + i);
            Revision revision =
                states
                    .save(
                        key,
                        (long) i,
                        SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED))
                    .revision();
            ledger.acknowledged(key, revision, i);
            wrong += promoted.rows().containsKey(key) ? 0 : 1;
          }
          assertThat(wrong).as("acknowledged as committed, and not there").isZero();
          ledger.gaps().suspend();

          await()
              .atMost(SOON)
              .untilAsserted(
                  () ->
                      assertThatThrownBy(() -> insert(cutOff))
                          .isInstanceOf(TransientPersistenceException.class));
          long rows = count(old);
          StateKey last = StateKey.of(agent, "last");
          Revision theirRevision = theirs.save(last, 2L).revision();
          ledger.acknowledged(last, theirRevision, 2);
          states.awaitDurable(last, theirRevision, SOON);
          servers.report(
              "FailoverPartition",
              ledger.settle(promoted).plus(new Tally(0, wrong, 0, 0, Duration.ZERO)),
              "committed=%d committed_on_demoted=%d".formatted(WRITES, wrong));
          assertThat(promoted.rows()).containsKey(last);
          assertThat(count(old)).as("rows of the demoted one").isEqualTo(rows);
          ledger.assertKept(promoted);
        }
      }
    }
  }

  private static void insert(Persistence persistence) {
    persistence
        .transactions()
        .execute(
            OPTIONS,
            tx -> {
              int unused =
                  tx.update(
                      "INSERT INTO committed (id) VALUES (:id)", Map.of("id", System.nanoTime()));
            });
  }

  private static long count(Installation installation) {
    return Long.parseLong(installation.query("SELECT count(*) FROM public.committed").get(0));
  }
}
