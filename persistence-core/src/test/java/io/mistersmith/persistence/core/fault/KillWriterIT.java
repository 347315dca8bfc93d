package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The writing process is killed with SIGKILL at random moments, again and again. */
@Tag("fault")
class KillWriterIT {

  private static final int KILLS = Repetitions.of(20, 3);
  private static final long WRITES = Repetitions.of(100_000, 10_000);

  /** Each process's numbers are above those of the one before it. */
  private static final long NUMBERS = 10_000_000;

  @TempDir Path directory;

  @Test
  void losesNoAcknowledgedWrite() throws IOException {
    long seed = Long.getLong("persistence.test.seed", System.nanoTime());
    Random random = new Random(seed);
    Ledger ledger = new Ledger();
    int kills = 0;
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      List<AgentId> agents = register(installation);
      ChildJvm writer = start(installation, agents, 0);
      try {
        while (kills < KILLS || ledger.acknowledged() < WRITES) {
          awaitReady(writer);
          ChildLines acknowledgements = ChildLines.readAcknowledgements(writer, agents, ledger);
          writer.stdin().println("go");
          ChildJvm next = start(installation, agents, kills + 1);
          assertThat(writer.awaitExit(Duration.ofMillis(50 + random.nextInt(1_200))))
              .as("the writer ended by itself")
              .isEmpty();
          writer.kill();
          kills++;
          acknowledgements.awaitEnd();
          writer.close();
          writer = next;
        }
      } finally {
        writer.close();
      }
      try (Persistence flushing = installation.open()) {
        assertThat(flushing.operations().deadLetters().count()).isZero();
        installation.awaitAll(ledger);
      }
      installation.assertNothingWentBack();
      servers.report(
          "KillWriter",
          "seed=%d kills=%d acknowledged=%d keys=%d lost=0 row_updates=%d"
              .formatted(
                  seed,
                  kills,
                  ledger.acknowledged(),
                  ledger.latest().size(),
                  installation.updates()));
    }
  }

  private static List<AgentId> register(Installation installation) {
    try (Persistence persistence = installation.open()) {
      return installation.register(persistence, 20);
    }
  }

  private ChildJvm start(Installation installation, List<AgentId> agents, long generation) {
    return ChildJvm.start(
        WriterProcess.class,
        installation.asArguments(
            List.of(
                Long.toString(generation * NUMBERS),
                agents.stream().map(AgentId::toString).collect(Collectors.joining(",")),
                "ONCE")),
        Map.of(),
        List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx256m"),
        directory.resolve("writers.log"));
  }

  private static void awaitReady(ChildJvm writer) throws IOException {
    assertThat(writer.stdout().readLine()).isEqualTo("ready");
  }
}
