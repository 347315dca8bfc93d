package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.event.PersistenceEvent.EntryHydrated;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.operations.Pools.ReplicaState;
import io.mistersmith.persistence.operations.Pools.ReplicaStats;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The standby of a runtime goes away or lags and comes back, while callers write, and read from it
 * what they have committed. It is also one of the servers that may become the primary.
 */
@Tag("fault")
@Tag("connections")
class StandbyIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration HOUR = Duration.ofHours(1);

  /** Short, so that keys are evicted and hydrated all the time. */
  private static final Duration IDLE = Duration.ofMillis(500);

  enum Fault {
    STOPPED(Duration.ofSeconds(2), ReplicaState.AWAY) {
      @Override
      void begin(PostgresStandby standby) {
        standby.server().stop();
      }

      @Override
      void end(PostgresStandby standby) {
        standby.server().restart();
      }
    },
    KILLED(Duration.ofSeconds(2), ReplicaState.AWAY) {
      @Override
      void begin(PostgresStandby standby) {
        standby.server().kill();
      }

      @Override
      void end(PostgresStandby standby) {
        standby.server().restart();
      }
    },
    FROZEN(Duration.ofSeconds(2), ReplicaState.AWAY) {
      @Override
      void begin(PostgresStandby standby) {
        standby.server().pause();
      }

      @Override
      void end(PostgresStandby standby) {
        standby.server().resume();
      }
    },
    LAGGING(Duration.ofSeconds(1), ReplicaState.STALE) {
      @Override
      void begin(PostgresStandby standby) {
        standby.pauseReplay();
      }

      @Override
      void end(PostgresStandby standby) {
        standby.resumeReplay();
      }
    },
    /** The permitted lag is two hours, so the runtime goes on reading from it. */
    AN_HOUR_BEHIND(HOUR.multipliedBy(2), ReplicaState.FRESH) {
      @Override
      void begin(PostgresStandby standby) {
        standby.delayReplay(HOUR);
      }

      @Override
      void end(PostgresStandby standby) {
        standby.delayReplay(Duration.ZERO);
      }
    };

    private final Duration maxLag;
    private final ReplicaState meanwhile;

    Fault(Duration maxLag, ReplicaState meanwhile) {
      this.maxLag = maxLag;
      this.meanwhile = meanwhile;
    }

    abstract void begin(PostgresStandby standby);

    abstract void end(PostgresStandby standby);
  }

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static FaultServers servers;

  @SuppressWarnings("NullAway.Init")
  private static PostgresStandby standby;

  @BeforeAll
  static void start() {
    servers = FaultServers.start();
    standby = servers.postgres().standby("second");
  }

  @AfterAll
  static void stop() {
    standby.close();
    servers.close();
  }

  /** All in a table; in a build the one whose answers could be wrong without a failure. */
  static Stream<Fault> faults() {
    return Arrays.stream(Fault.values()).skip(Repetitions.of(0, Fault.values().length - 1));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void callersGoOnAndSeeWhatTheyWrote(Fault fault) {
    Installation installation = servers.installation();
    AtomicLong hydrated = new AtomicLong();
    try (Persistence persistence = Persistence.open(config(installation, fault, hydrated));
        Callers callers = Callers.start(persistence, installation)) {
      await().atMost(SOON).until(() -> replica(persistence).state() == ReplicaState.FRESH);
      try (ReplicaReads reads = ReplicaReads.start(2, persistence, callers)) {
        callers.awaitMore(200, 100);
        await().atMost(SOON).until(() -> replica(persistence).reads() > 20);
        fault.begin(standby);
        await().atMost(SOON).until(() -> replica(persistence).state() == fault.meanwhile);
        long before = reads.count();
        long passedOn = replica(persistence).passedOn();
        callers.awaitMore(500, 200);
        await().atMost(SOON).until(() -> reads.count() > before + 50);
        if (fault.meanwhile.isRead()) {
          await().atMost(SOON).until(() -> replica(persistence).passedOn() > passedOn + 20);
          assertThat(hydrated.get()).as("entries that were hydrated meanwhile").isPositive();
        }
        fault.end(standby);
        await().atMost(SOON).until(() -> replica(persistence).state() == ReplicaState.FRESH);
        long answered = replica(persistence).reads();
        await().atMost(SOON).until(() -> replica(persistence).reads() > answered + 20);
        callers.awaitMore(200, 100);
        reads.stop();
        Tally tally = callers.settle(installation);
        servers.report(
            "Standby " + fault,
            tally,
            ("failed=%d committed=%d commits_failed=%s replica_reads=%d passed_on=%d refused=%d"
                    + " hydrated=%d")
                .formatted(
                    callers.ledger().failures(),
                    callers.committing().acknowledged().size(),
                    callers.committing().failures(),
                    reads.count(),
                    replica(persistence).passedOn(),
                    reads.refused(),
                    hydrated.get()));
        callers.ledger().assertKept(installation);
        assertThat(tally.isKept()).as("rows: %s", tally).isTrue();
        assertThat(callers.ledger().failures()).as("failed writes of state").isZero();
      }
    }
  }

  private static PersistenceConfig config(
      Installation installation, Fault fault, AtomicLong hydrated) {
    PostgresServer second = standby.server();
    PersistenceConfig config = installation.onAll(servers.postgres(), second).config();
    return config.toBuilder()
        .cache(CacheConfig.off())
        .flush(
            FlushConfig.builder()
                .leaseDuration(Duration.ofSeconds(1))
                .idleTimeToLive(IDLE)
                .sweepInterval(Duration.ofMillis(100))
                .build())
        .postgres(
            config.postgres().toBuilder()
                .connections(1, 8)
                .maxReplicaLag(fault.maxLag)
                .replica(
                    role ->
                        role.host(second.host() + ":" + second.port())
                            .connections(0, 4)
                            .acquireTimeout(Duration.ofSeconds(2)))
                .build())
        .listener(
            PersistenceListener.of(
                EntryHydrated.class,
                entry -> {
                  long unused = hydrated.incrementAndGet();
                }))
        .build();
  }

  private static ReplicaStats replica(Persistence persistence) {
    return persistence.operations().pools().replicas().get(0);
  }
}
