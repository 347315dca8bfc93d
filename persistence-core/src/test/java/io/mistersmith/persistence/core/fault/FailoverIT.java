package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A streaming standby of PostgreSQL is promoted while a runtime writes. */
@Tag("fault")
@Tag("connections")
class FailoverIT {

  private static final Duration SOON = Duration.ofSeconds(40);
  private static final Duration GOAL = Duration.ofSeconds(1);

  /** How the primary is when the standby is promoted. */
  enum Before {
    STOPPED {
      @Override
      void happen(PostgresServer primary) {
        primary.stop();
      }
    },
    KILLED {
      @Override
      void happen(PostgresServer primary) {
        primary.kill();
      }
    },
    FROZEN {
      @Override
      void happen(PostgresServer primary) {
        primary.pause();
      }
    },
    /** Nobody has stopped it: from then on there are two that accept writes. */
    WRITABLE {
      @Override
      void happen(PostgresServer primary) {
        assertThat(primary.pid()).isPositive();
      }
    };

    abstract void happen(PostgresServer primary);
  }

  @ParameterizedTest
  @EnumSource
  void writesGoOnWithTheNewPrimary(Before before) {
    Ledger ledger = new Ledger();
    Failovers failovers = new Failovers();
    try (FaultServers servers = FaultServers.start()) {
      Installation old = servers.installation();
      old.execute(CommittingWriters.TABLE);
      try (PostgresStandby standby = servers.postgres().standby("second")) {
        if (before != Before.WRITABLE) {
          // Else what the standby has not received is lost. While both write, it would wait for it.
          old.execute("ALTER SYSTEM SET synchronous_standby_names = 'second'");
          old.execute("SELECT pg_reload_conf()");
        }
        Installation promoted = old.on(standby.server());
        PersistenceConfig config =
            old.onAll(servers.postgres(), standby.server()).config().toBuilder()
                .listener(failovers)
                .build();
        try (Persistence persistence = Persistence.open(config)) {
          List<AgentId> agents = old.register(persistence, 4);
          StateRepository<Long> states = persistence.states(Long.class);
          Instant back;
          try (Writers writers =
                  Writers.start(2, states, agents, Writers.Keys.OVERWRITTEN, 0, ledger);
              CommittingWriters committing = CommittingWriters.start(4, persistence)) {
            Waits.moreAcknowledged(ledger, 500);
            await().atMost(SOON).until(() -> committing.acknowledged().size() > 200);
            before.happen(servers.postgres());
            standby.promote();
            back = Instant.now();
            Waits.moreAcknowledged(ledger, 500);
            // The demoted primary may go on acknowledging for a while.
            await()
                .atMost(SOON)
                .until(() -> keptAfter(committing, back, CommittingWriters.ids(promoted)) > 200);
            Set<Long> there = CommittingWriters.ids(promoted);
            Instant first =
                committing.acknowledged().entrySet().stream()
                    .filter(entry -> there.contains(entry.getKey()))
                    .map(Map.Entry::getValue)
                    .filter(at -> at.isAfter(back))
                    .min(Comparator.naturalOrder())
                    .orElseThrow();
            if (before == Before.FROZEN) {
              servers.postgres().resume();
              Waits.moreAcknowledged(ledger, 500);
            }
            writers.stop();
            committing.stop();
            assertThat(failovers.seen()).hasSize(1);
            Instant seen = failovers.seen().get(0).at();
            Set<Long> missing = committing.missingFrom(promoted);
            // By when they began: a thread may be told of a commit, the promotion be seen, and only
            // then the thread go on to note the time (see DemotedAnswersIT for the answers).
            Set<Long> wrong = committing.begunAfter(seen);
            wrong.retainAll(missing);
            Set<Long> late = new HashSet<>();
            if (before == Before.WRITABLE || before == Before.FROZEN) {
              late.addAll(CommittingWriters.ids(old));
              late.retainAll(committing.begunAfter(seen));
            }
            Duration outage = Duration.between(back, first);
            // A primary that nobody stops acknowledges some until the promotion is seen; promised
            // are those after it (docs/operations.md).
            long lost = before == Before.WRITABLE ? wrong.size() : missing.size();
            Tally tally =
                ledger
                    .settle(promoted)
                    .plus(new Tally(committing.acknowledged().size(), lost, 0, 0, Duration.ZERO))
                    .withOutage(outage);
            servers.report(
                "Failover before=" + before,
                tally,
                ("committed=%d demoted_acknowledged_after_seen=%d"
                        + " demoted_written_after_seen=%d demoted_acknowledged_before_seen=%d"
                        + " seen_ms=%d longest_gap_ms=%d")
                    .formatted(
                        committing.acknowledged().size(),
                        wrong.size(),
                        late.size(),
                        missing.size() - wrong.size(),
                        Duration.between(back, seen).toMillis(),
                        committing.gaps().longest().toMillis()));
            assertThat(wrong).as("acknowledged by the demoted one").isEmpty();
            assertThat(late).as("written to the demoted one").isEmpty();
            assertThat(outage).isLessThan(GOAL);
            assertThat(lost).as("acknowledged and lost").isZero();
          }
          ledger.assertKept(promoted);
        }
      }
    }
  }

  private static int keptAfter(CommittingWriters writers, Instant time, Set<Long> there) {
    Set<Long> ids = acknowledgedAfter(writers, time);
    ids.retainAll(there);
    return ids.size();
  }

  private static Set<Long> acknowledgedAfter(CommittingWriters writers, Instant time) {
    Set<Long> ids = new HashSet<>();
    writers
        .acknowledged()
        .forEach(
            (id, at) -> {
              if (at.isAfter(time)) {
                ids.add(id);
              }
            });
    return ids;
  }
}
