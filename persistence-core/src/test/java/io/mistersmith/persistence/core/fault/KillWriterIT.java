package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The writing process is killed with SIGKILL at random moments, again and again. */
@Tag("fault")
class KillWriterIT {

  private static final int KILLS = 20;
  private static final long WRITES = 100_000;

  /** Each process's numbers are above those of the one before it. */
  private static final long NUMBERS = 10_000_000;

  @TempDir Path directory;

  @Test
  void losesNoAcknowledgedWrite() throws Exception {
    long seed = Long.getLong("persistence.test.seed", System.nanoTime());
    Random random = new Random(seed);
    Ledger ledger = new Ledger();
    int kills = 0;
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      List<String> agents = register(installation);
      ChildJvm writer = start(installation, agents, 0);
      try {
        while (kills < KILLS || ledger.acknowledged() < WRITES) {
          awaitReady(writer);
          Acknowledgements acknowledgements = Acknowledgements.read(writer, agents, ledger);
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
        assertThat(flushing.deadLetters().count()).isZero();
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

  private static List<String> register(Installation installation) {
    try (Persistence persistence = installation.open()) {
      return installation.register(persistence, 20);
    }
  }

  private ChildJvm start(Installation installation, List<String> agents, long generation) {
    return ChildJvm.start(
        WriterProcess.class,
        List.of(
            installation.natsUrl(),
            installation.namePrefix(),
            installation.jdbcUrl(),
            installation.user(),
            Long.toString(generation * NUMBERS),
            String.join(",", agents)),
        Map.of(),
        List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx256m"),
        directory.resolve("writers.log"));
  }

  private static void awaitReady(ChildJvm writer) throws IOException {
    assertThat(writer.stdout().readLine()).isEqualTo("ready");
  }

  /** Reads what a process was acknowledged until its end. */
  private static final class Acknowledgements {

    private final Thread thread;

    private Acknowledgements(Thread thread) {
      this.thread = thread;
    }

    static Acknowledgements read(ChildJvm writer, List<String> agents, Ledger ledger) {
      Thread thread =
          new Thread(
              () ->
                  writer
                      .stdout()
                      .lines()
                      .filter(line -> line.endsWith(";"))
                      .forEach(line -> note(line.substring(0, line.length() - 1), agents, ledger)),
              "fault-acknowledgements");
      thread.setDaemon(true);
      thread.start();
      return new Acknowledgements(thread);
    }

    private static void note(String line, List<String> agents, Ledger ledger) {
      String[] part = line.split(" ", 5);
      ledger.acknowledged(
          StateKey.of(agents.get(Integer.parseInt(part[0])), part[1]),
          new Revision(Long.parseLong(part[2]), Long.parseLong(part[3])),
          Long.parseLong(part[4]));
    }

    void awaitEnd() throws InterruptedException {
      thread.join(Duration.ofSeconds(30).toMillis());
      assertThat(thread.isAlive()).isFalse();
    }
  }
}
