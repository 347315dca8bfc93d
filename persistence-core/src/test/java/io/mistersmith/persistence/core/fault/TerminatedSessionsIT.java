package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.fault.table.Tally;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An operator, or a script gone wild, ends all sessions of a runtime again and again. */
@Tag("fault")
@Tag("connections")
class TerminatedSessionsIT {

  private static final int STORMS = Repetitions.of(100, 4);

  /** A session that is ended takes a new connection; the rest is for a busy machine. */
  private static final Duration LONGEST_OUTAGE = Duration.ofSeconds(5);

  private static final String END_SESSIONS =
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND backend_type = 'client backend'
         AND pid <> pg_backend_pid()
      """;

  @Test
  void nothingIsLostAndCallersGoOn() {
    long seed = Long.getLong("persistence.test.seed", System.nanoTime());
    Random random = new Random(seed);
    FaultServers servers = FaultServers.unharmed();
    Installation installation = servers.installation();
    Epochs epochs = new Epochs();
    PersistenceConfig config = installation.config();
    try (Persistence persistence =
            Persistence.open(
                config.toBuilder()
                    .postgres(config.postgres().toBuilder().connections(1, 8).build())
                    .listener(epochs)
                    .build());
        Callers callers = Callers.start(persistence, installation)) {
      callers.awaitMore(100, 100);
      int ended = 0;
      for (int i = 0; i < STORMS; i++) {
        Waits.passed(Duration.ofMillis(20 + random.nextInt(200)));
        ended += installation.query(END_SESSIONS).size();
      }
      callers.awaitMore(100, 100);
      Tally tally = callers.settle(installation);
      servers.report(
          "TerminatedSessions",
          tally,
          "seed=%d storms=%d sessions_ended=%d committed=%d commits_failed=%s failed=%d"
              .formatted(
                  seed,
                  STORMS,
                  ended,
                  callers.committing().acknowledged().size(),
                  callers.committing().failures(),
                  callers.ledger().failures()));
      callers.ledger().assertKept(installation);
      assertThat(tally.isKept()).as("rows: %s", tally).isTrue();
      assertThat(ended).as("sessions").isGreaterThan(STORMS);
      assertThat(callers.ledger().failures()).as("failed writes of state").isZero();
      assertThat(persistence.operations().deadLetters().count()).isZero();
      assertThat(epochs.reasons()).as("epochs, though nothing was lost").isEmpty();
      assertThat(tally.outage()).isLessThan(LONGEST_OUTAGE);
    }
  }
}
