package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process that flushes is frozen with SIGSTOP for longer than its lease, and woken. */
@Tag("fault")
@Tag("full")
class PausedFlusherIT {

  private static final FaultServers SERVERS = FaultServers.start();
  private static final Duration LEASE = Duration.ofSeconds(1);
  private static final int TAKEOVERS = Repetitions.of(3, 2);
  private static final int MOST_PAUSES = 30;

  @TempDir Path directory;

  private final Ledger ledger = new Ledger();

  @AfterAll
  static void close() {
    SERVERS.close();
  }

  /** Frozen with a batch in hand, it wakes when the same keys were flushed with later values. */
  @Test
  void withABatchInHand() throws IOException {
    Installation installation = SERVERS.installation();
    try (Persistence writing = writing(installation)) {
      List<AgentId> agents = installation.register(writing, 2);
      StateRepository<Long> states = writing.states(Long.class);
      try (ChildJvm flusher = start(FlusherProcess.class, installation, List.of())) {
        // Which of the two takes a batch first is a race: write until the other one holds one.
        StateKey key = StateKey.of(agents.get(0), "cursor");
        BlockingQueue<String> lines = ChildLines.queue();
        ChildLines reader = ChildLines.read(flusher, lines::add);
        long number = 0;
        while (lines.isEmpty()) {
          ledger.acknowledged(key, states.save(key, number).revision(), number);
          number++;
        }
        assertThat(ChildLines.next(lines)).isEqualTo("holding");
        flusher.pause();
        Revision last = states.save(key, number).revision();
        for (int i = 0; i < 500; i++) {
          last = states.save(key, ++number).revision();
          ledger.acknowledged(key, last, number);
        }
        states.awaitDurable(key, last, Duration.ofSeconds(20));
        flusher.stdin().println("apply");
        flusher.resume();
        String outcome = ChildLines.next(lines);
        installation.assertNothingWentBack();
        assertThat(outcome).as("what became of its batch").endsWith("refused 1");
        reader.awaitEnd();
        installation.awaitAll(ledger);
        SERVERS.report(
            "PausedFlusher paused=with_batch_in_hand",
            "acknowledged=%d refused_batches=1 lost=0 went_back=0"
                .formatted(ledger.acknowledged()));
      }
    }
  }

  /** Two processes write; the one that flushes at that moment is frozen. */
  @Test
  void atRandomMoments() throws IOException {
    long seed = Long.getLong("persistence.test.seed", System.nanoTime());
    Random random = new Random(seed);
    Installation installation = SERVERS.installation();
    int pauses = 0;
    int takeovers = 0;
    List<AgentId> agents;
    List<AgentId> others;
    try (Persistence persistence = writing(installation)) {
      agents = installation.register(persistence, 6);
      others = installation.register(persistence, 6);
    }
    try (ChildJvm first = startWriter(installation, agents);
        ChildJvm second = startWriter(installation, others)) {
      ChildLines firstLines = begin(first, agents);
      ChildLines secondLines = begin(second, others);
      while (takeovers < TAKEOVERS && pauses < MOST_PAUSES) {
        pauses++;
        Waits.passed(Duration.ofMillis(500 + random.nextInt(500)));
        boolean firstLeads = holder(installation).startsWith("runtime-" + first.pid() + "-");
        ChildJvm flusher = firstLeads ? first : second;
        flusher.pause();
        long before = position(installation);
        Waits.passed(LEASE.plusMillis(500 + random.nextInt(500)));
        // One that froze inside its transaction holds the position's row, and nobody can take over.
        takeovers += position(installation) > before ? 1 : 0;
        flusher.resume();
      }
      first.kill();
      second.kill();
      firstLines.awaitEnd();
      secondLines.awaitEnd();
    }
    try (Persistence flushing = writing(installation)) {
      assertThat(flushing.operations().deadLetters().count()).isZero();
      int rows = installation.awaitAll(ledger).size();
      assertThat(takeovers).as("times that the other one flushed meanwhile").isEqualTo(TAKEOVERS);
      installation.assertNothingWentBack();
      SERVERS.report(
          "PausedFlusher paused=at_random",
          "seed=%d pauses=%d takeovers=%d lease_ms=%d acknowledged=%d rows=%d lost=0 went_back=0"
              .formatted(seed, pauses, takeovers, LEASE.toMillis(), ledger.acknowledged(), rows));
    }
  }

  private static String holder(Installation installation) {
    return installation
        .query("SELECT holder FROM agents.journal_leases WHERE bucket NOT LIKE 'evictions/%'")
        .get(0);
  }

  private ChildJvm startWriter(Installation installation, List<AgentId> agents) {
    return start(
        WriterProcess.class,
        installation,
        List.of(
            "0",
            agents.stream().map(AgentId::toString).collect(Collectors.joining(",")),
            "OVERWRITTEN"));
  }

  private ChildLines begin(ChildJvm writer, List<AgentId> agents) throws IOException {
    assertThat(writer.stdout().readLine()).isEqualTo("ready");
    ChildLines lines = ChildLines.readAcknowledgements(writer, agents, ledger);
    writer.stdin().println("go");
    return lines;
  }

  private static Persistence writing(Installation installation) {
    return Persistence.open(
        installation.config().toBuilder()
            .flush(
                FlushConfig.builder()
                    .leaseDuration(LEASE)
                    .closeDeadline(Duration.ofSeconds(20))
                    .build())
            .build());
  }

  private ChildJvm start(Class<?> main, Installation installation, List<String> more) {
    return ChildJvm.start(
        main,
        installation.asArguments(more),
        Map.of(),
        List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
        directory.resolve("flusher.log"));
  }

  private static long position(Installation installation) {
    return Long.parseLong(
        installation.query("SELECT max(sequence) FROM agents.journal_positions").get(0));
  }
}
