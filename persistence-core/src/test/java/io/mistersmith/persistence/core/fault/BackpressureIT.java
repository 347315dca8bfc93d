package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PostgreSQL hangs or dies while four writers write: the backlog is kept near its limit. */
@Tag("fault")
@Tag("full")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BackpressureIT {

  private static final long LIMIT = 3_000;

  /** PostgreSQL may have committed a last batch whose answer was lost, so that nobody counts it. */
  private static final long LEAST = LIMIT - FlushConfig.defaults().maxEntries();

  private static final Duration AWAY = Duration.ofSeconds(Repetitions.of(4, 2));
  private static final Duration WAIT = Duration.ofSeconds(1);

  private final FaultServers servers = FaultServers.start();

  @AfterAll
  void close() {
    servers.close();
  }

  /** How PostgreSQL fails. */
  enum Outage {
    HANGS {
      @Override
      void begin(PostgresServer postgres) {
        postgres.pause();
      }

      @Override
      void end(PostgresServer postgres) {
        postgres.resume();
      }
    },
    DIES {
      @Override
      void begin(PostgresServer postgres) {
        postgres.kill();
      }

      @Override
      void end(PostgresServer postgres) {
        postgres.restart();
      }
    };

    abstract void begin(PostgresServer postgres);

    abstract void end(PostgresServer postgres);
  }

  @ParameterizedTest
  @CsvSource({
    "BLOCK, HANGS",
    "WRITE_THROUGH, HANGS",
    "FAIL, HANGS",
    "BLOCK, DIES",
    "WRITE_THROUGH, DIES",
    "FAIL, DIES"
  })
  void theBacklogStaysNearItsLimit(BackpressureConfig.Policy policy, Outage outage) {
    Ledger ledger = new Ledger();
    Queue<PersistenceException> failures = new ConcurrentLinkedQueue<>();
    AtomicBoolean engaged = new AtomicBoolean();
    Installation installation = servers.installation();
    PersistenceConfig config =
        installation.config().toBuilder()
            .backpressure(
                configOf(policy).toBuilder()
                    .maxWait(WAIT)
                    .maxEntries(LIMIT)
                    .maxBytes(1L << 40)
                    .maxAge(Duration.ofHours(1))
                    .interval(Duration.ofMillis(20))
                    .build())
            .listener(
                PersistenceListener.of(
                    PersistenceEvent.BackpressureChanged.class,
                    event -> {
                      engaged.set(event.engaged());
                    }))
            .build();
    try (Persistence persistence = Persistence.open(config);
        Streams streams = Streams.of(installation)) {
      List<AgentId> agents = installation.register(persistence, 5);
      try (Writers writers =
          Writers.start(
              4,
              persistence.states(Long.class),
              agents,
              Writers.Keys.ONCE,
              0,
              new Outcomes() {
                @Override
                public void acknowledged(StateKey key, Revision revision, long number) {
                  ledger.acknowledged(key, revision, number);
                }

                @Override
                public void failed(StateKey key, long number, PersistenceException failure) {
                  failures.add(failure);
                  ledger.failed(key, number, failure);
                }
              })) {
        Waits.moreAcknowledged(ledger, 500);
        long position =
            Long.parseLong(
                installation.query("SELECT sequence FROM agents.journal_positions").get(0));
        outage.begin(servers.postgres());
        await()
            .atMost(Duration.ofSeconds(60))
            .until(
                () ->
                    engaged.get()
                        && streams.info().getStreamState().getLastSequence() - position > LEAST);
        long atLimit = streams.info().getStreamState().getLastSequence();
        Waits.passed(AWAY);
        // A little too much: the position was read before PostgreSQL stopped.
        long backlog = streams.info().getStreamState().getLastSequence() - position;
        outage.end(servers.postgres());
        await().atMost(Duration.ofSeconds(60)).untilFalse(engaged);
        Waits.moreAcknowledged(ledger, 500);
        writers.stop();
        // Each writer may have so many writes in flight that wait for their commits.
        long underWay = 4 * 32;
        servers.report(
            "Backpressure",
            "policy=%s postgres_%s limit=%d at_limit=%d backlog=%d failed=%d"
                .formatted(policy, outage, LIMIT, atLimit - position, backlog, failures.size()));
        // Writes between two samples come on top; on a busy machine the samples are far apart.
        assertThat(atLimit - position).isBetween(LEAST, 3 * LIMIT);
        assertThat(backlog).as("nothing more gets in").isLessThan(atLimit - position + underWay);
      }
      installation.awaitAll(ledger);
      DataError expected =
          policy == BackpressureConfig.Policy.WRITE_THROUGH
              ? DataError.OUTCOME_UNKNOWN
              : DataError.BACKLOG_EXCEEDED;
      assertThat(failures)
          .isNotEmpty()
          .allSatisfy(
              failure -> {
                assertThat(failure.error()).isEqualTo(expected);
                assertThat(failure.isTransient()).isTrue();
              });
      installation.assertNothingWentBack();
    }
  }

  private static BackpressureConfig configOf(BackpressureConfig.Policy policy) {
    return switch (policy) {
      case BLOCK -> BackpressureConfig.block(WAIT);
      case WRITE_THROUGH -> BackpressureConfig.writeThrough(WAIT);
      case FAIL -> BackpressureConfig.fail();
      case OFF -> BackpressureConfig.off();
    };
  }
}
