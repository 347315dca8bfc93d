package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.ClosingWriters;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A runtime is closed while threads write: what was acknowledged is compared with the rows. */
@Tag("fault")
class ClosingIT {

  private static final int ROUNDS = 20;

  @Test
  void nothingLeftMeansThatEveryAcknowledgedWriteIsInPostgres() {
    long acknowledged = 0;
    long counted = 0;
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      for (int round = 0; round < ROUNDS; round++) {
        Persistence persistence = installation.open();
        AgentId agent = installation.register(persistence, 1).get(0);
        ClosingWriters writers = ClosingWriters.start(persistence, agent);
        writers.awaitAcknowledged(300);
        long left = persistence.close(Duration.ofSeconds(20));
        Map<StateKey, Revision> promised = writers.awaitRefused();
        Map<StateKey, Row> rows = installation.rows();
        assertThat(left).isZero();
        promised.forEach(
            (key, revision) ->
                assertThat(rows.get(key))
                    .as("%s at %s", key, revision)
                    .satisfies(
                        row ->
                            assertThat(
                                    row.revision().isAfter(revision)
                                        || row.revision().equals(revision))
                                .isTrue()));
        acknowledged += writers.count();
        counted += promised.size();
      }
      installation.assertNothingWentBack();
      servers.report(
          "Closing",
          "rounds=%d acknowledged=%d keys=%d lost=0".formatted(ROUNDS, acknowledged, counted));
    }
  }
}
