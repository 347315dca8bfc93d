package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent.HotStoreChanged;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** NATS goes away and comes back while a runtime writes and reads its own writes. */
@Tag("fault")
@Tag("connections")
class NatsAwayIT {

  private static final int OUTAGES = 3;
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Writes that fail without a request take microseconds; this is for a loaded machine. */
  private static final Duration AT_ONCE = Duration.ofMillis(200);

  enum Outage {
    KILLED {
      @Override
      void begin(NatsServer server) {
        server.kill();
      }

      @Override
      void end(NatsServer server) {
        server.restart();
      }
    },
    FROZEN {
      @Override
      void begin(NatsServer server) {
        server.pause();
      }

      @Override
      void end(NatsServer server) {
        server.resume();
      }
    };

    abstract void begin(NatsServer server);

    abstract void end(NatsServer server);
  }

  @ParameterizedTest
  @EnumSource
  void postgresqlAnswersNothingOlderAndWritesFailAtOnce(Outage outage) throws Exception {
    Ledger ledger = new Ledger();
    Queue<HotStoreChanged> heard = new ConcurrentLinkedQueue<>();
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence persistence =
          installation.open(PersistenceListener.of(HotStoreChanged.class, heard::add))) {
        List<AgentId> agents = installation.register(persistence, 4);
        StateRepository<Long> states = persistence.states(Long.class);
        StateKey settled = StateKey.of(agents.get(0), "settled");
        states.save(
            settled,
            1L,
            SaveOptions.unconditional().withDurability(SaveOptions.Durability.SQL_COMMITTED));
        long firstMax = 0;
        long backMax = 0;
        long failMax = 0;
        // Of what is overwritten all the time PostgreSQL lacks the last write when NATS goes away.
        try (Writers repeating =
                Writers.start(2, states, agents, Writers.Keys.OVERWRITTEN, 0, ledger);
            Writers single = Writers.start(1, states, agents, Writers.Keys.ONCE, 0, ledger);
            OwnReads reads = OwnReads.start(2, states, ledger)) {
          for (int i = 0; i < OUTAGES; i++) {
            Waits.moreAcknowledged(ledger, 500);
            long began = System.nanoTime();
            ledger.gaps().suspend();
            outage.begin(servers.nats());
            await()
                .atMost(SOON)
                .pollInterval(Duration.ofMillis(1))
                .ignoreException(TransientPersistenceException.class)
                .until(() -> states.find(settled).orElseThrow().awaySince().isPresent());
            firstMax = Math.max(firstMax, millisSince(began));
            await().atMost(SOON).until(() -> isAway(heard));
            failMax = Math.max(failMax, slowestFailure(states, settled));
            assertThat(persistence.operations().notices()).anyMatch(it -> it.contains("away"));
            long before = reads.fromSql();
            await().atMost(SOON).until(() -> reads.fromSql() > before + 100);
            began = System.nanoTime();
            outage.end(servers.nats());
            ledger.gaps().resume();
            Waits.moreAcknowledged(ledger, 1);
            backMax = Math.max(backMax, millisSince(began));
            await().atMost(SOON).until(() -> !isAway(heard));
            assertThat(persistence.operations().notices()).noneMatch(it -> it.contains("away"));
          }
          repeating.stop();
          single.stop();
          reads.stop();
          servers.report(
              "NatsAway how=" + outage,
              ledger.settle(installation),
              ("outages=%d failed=%d reads=%d reads_from_postgres=%d reads_refused=%d"
                      + " first_from_postgres_ms_max=%d write_fails_ms_max=%d"
                      + " writes_back_ms_max=%d")
                  .formatted(
                      OUTAGES,
                      ledger.failures(),
                      reads.others(),
                      reads.fromSql(),
                      reads.refused(),
                      firstMax,
                      failMax,
                      backMax));
          ledger.assertKept(installation);
          assertThat(heard).hasSize(2 * OUTAGES);
          assertThat(failMax).as("ms of a write").isLessThan(AT_ONCE.toMillis());
        }
      }
    }
  }

  private static boolean isAway(Queue<HotStoreChanged> heard) {
    return heard.stream().reduce((a, b) -> b).filter(HotStoreChanged::away).isPresent();
  }

  /** Makes each kind of write, which must fail, and returns how long the slowest took. */
  private static long slowestFailure(StateRepository<Long> states, StateKey key) {
    long slowest = 0;
    for (Runnable write :
        List.<Runnable>of(
            () -> states.save(key, 2L),
            () -> states.save(key, 2L, SaveOptions.ifAbsent()),
            () -> states.update(key, value -> 2L),
            () -> states.delete(key),
            () -> states.saveAsync(key, 2L, SaveOptions.unconditional()).join())) {
      long began = System.nanoTime();
      Throwable failure = catchThrowable(write::run);
      Throwable typed =
          failure instanceof TransientPersistenceException ? failure : failure.getCause();
      assertThat(typed)
          .isInstanceOfSatisfying(
              TransientPersistenceException.class,
              e -> assertThat(e.error()).isIn(DataError.CONNECTION_FAILED, DataError.UNAVAILABLE));
      slowest = Math.max(slowest, millisSince(began));
    }
    return slowest;
  }

  private static long millisSince(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos).toMillis();
  }
}
