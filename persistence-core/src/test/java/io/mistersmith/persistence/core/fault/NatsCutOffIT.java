package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.NatsCluster;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The server of a writing runtime is cut off from its cluster, but not from the runtime. */
@Tag("fault")
@Tag("connections")
class NatsCutOffIT {

  /** What a runtime may be without a write when the others have a leader. */
  private static final Duration LONGEST = Duration.ofSeconds(5);

  private static final Duration SOON = Duration.ofSeconds(60);

  enum Server {
    FOLLOWER,
    LEADER
  }

  @ParameterizedTest
  @EnumSource
  void theRuntimeMovesToAServerThatCanWrite(Server which) {
    Ledger ledger = new Ledger();
    try (FaultServers servers = FaultServers.start();
        NatsCluster cluster = NatsCluster.startDivisible(3, NatsOptions.defaults())) {
      Installation whole = servers.installation(cluster.url());
      List<AgentId> agents;
      int leader;
      try (Persistence persistence = open(whole);
          Streams streams = Streams.of(whole)) {
        agents = whole.register(persistence, 3);
        persistence.states(Long.class).keys(agents.get(0), "");
        leader = Integer.parseInt(streams.leader().substring("test-".length())) - 1;
      }
      int cut = which == Server.LEADER ? leader : (leader + 1) % 3;
      int other = (cut + 1) % 3;
      Installation installation = whole.at(cluster.servers().get(cut).url());
      try (Persistence persistence = open(installation);
          Streams others = Streams.of(whole.at(cluster.servers().get(other).url()))) {
        StateRepository<Long> states = persistence.states(Long.class);
        try (Writers repeating =
                Writers.start(2, states, agents, Writers.Keys.OVERWRITTEN, 0, ledger);
            OwnReads reads = OwnReads.start(1, states, ledger)) {
          Waits.moreAcknowledged(ledger, 500);
          ledger.gaps().begin();
          Duration election;
          try (Elections elections = Elections.watch(others, "test-" + (cut + 1))) {
            cluster.cutOff(cut);
            Waits.moreAcknowledged(ledger, 1_000);
            election = elections.together();
          }
          Duration gap = ledger.gaps().longest();
          Duration beyond = gap.compareTo(election) > 0 ? gap.minus(election) : Duration.ZERO;
          cluster.heal();
          Waits.moreAcknowledged(ledger, 500);
          repeating.stop();
          reads.stop();
          servers.report(
              "NatsCutOff server=" + which,
              ledger.settle(installation).withOutage(beyond),
              ("failed=%d reads=%d reads_refused=%d election_ms=%d write_gap_ms=%d"
                      + " beyond_election_ms=%d")
                  .formatted(
                      ledger.failures(),
                      reads.others() + reads.fromSql(),
                      reads.refused(),
                      election.toMillis(),
                      gap.toMillis(),
                      beyond.toMillis()));
          ledger.assertKept(installation);
          assertThat(beyond).as("without a write, beyond the election").isLessThan(LONGEST);
        }
      }
    }
  }

  /**
   * Asks the other servers until the runtime writes again, and adds up how long none of them could
   * write: on a busy machine they may elect more than once.
   */
  private static final class Elections implements AutoCloseable {

    private static final long PAUSE_MILLIS = 20;

    private final Streams others;
    private final String cut;
    private final AtomicLong nanos = new AtomicLong();
    private final CountDownLatch end = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "elections");

    private Elections(Streams others, String cut) {
      this.others = others;
      this.cut = cut;
    }

    static Elections watch(Streams others, String cut) {
      Elections elections = new Elections(others, cut);
      elections.thread.start();
      return elections;
    }

    private void run() {
      try {
        long before = System.nanoTime();
        do {
          long asked = System.nanoTime();
          if (catchThrowable(() -> assertThat(others.isWritableWithout(cut)).isTrue()) != null) {
            nanos.addAndGet(asked - before);
          }
          before = asked;
        } while (!end.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    Duration together() {
      return Duration.ofNanos(nanos.get());
    }

    @Override
    public void close() {
      end.countDown();
      try {
        thread.join(SOON.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** With the request timeout of production. */
  private static Persistence open(Installation installation) {
    NatsConfig replicated =
        installation.config().nats().toBuilder()
            .replicas(3)
            .requestTimeout(Duration.ofSeconds(5))
            .build();
    return Persistence.open(installation.config().toBuilder().nats(replicated).build());
  }
}
