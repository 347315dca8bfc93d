package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL is stopped for long: acknowledged writes wait in the journal, and only there. */
@Tag("fault")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PostgresAwayIT {

  private static final Duration IDLE = Duration.ofSeconds(2);
  private static final int WRITES = 100_000;
  private static final long MIB = 1 << 20;

  /** Maximum growth of the heap while 90,000 writes of 1 kB are added to the backlog. */
  private static final long MOST_GROWTH = 8 * MIB;

  private final FaultServers servers = FaultServers.start();

  @TempDir Path directory;

  @AfterAll
  void close() {
    servers.close();
  }

  @Test
  void writesOutliveEveryRuntimeAndTheTimeToLive() {
    Ledger ledger = new Ledger();
    Installation installation = servers.installation();
    AtomicInteger evicted = new AtomicInteger();
    PersistenceConfig config =
        installation.config().toBuilder()
            .flush(
                FlushConfig.builder()
                    .idleTimeToLive(IDLE)
                    .sweepInterval(Duration.ofMillis(250))
                    .leaseDuration(Duration.ofSeconds(1))
                    .closeDeadline(Duration.ofMillis(500))
                    .build())
            .listener(
                PersistenceListener.of(
                    PersistenceEvent.Evicted.class,
                    sent -> {
                      evicted.addAndGet(sent.entries());
                    }))
            .build();
    long left;
    Persistence writing = Persistence.open(config);
    List<AgentId> agents = installation.register(writing, 5);
    servers.postgres().stop();
    try (Writers writers =
        Writers.start(4, writing.states(Long.class), agents, Writers.Keys.OVERWRITTEN, 0, ledger)) {
      Waits.moreAcknowledged(ledger, 5_000);
      writers.stop();
    }
    left = writing.close(Duration.ofMillis(500));
    assertThat(left).as("entries left when the last runtime closed").isPositive();
    Waits.passed(IDLE.plusSeconds(1));
    servers.postgres().restart();
    try (Persistence fresh = Persistence.open(config)) {
      int rows = installation.awaitAll(ledger).size();
      assertThat(fresh.operations().deadLetters().count()).isZero();
      await().atMost(Duration.ofSeconds(60)).until(() -> evicted.get() >= rows);
      installation.assertNothingWentBack();
      servers.report(
          "PostgresAway",
          "acknowledged=%d left_at_close=%d idle_ttl_s=%d away_without_runtime_s=%d rows=%d lost=0"
                  .formatted(
                      ledger.acknowledged(), left, IDLE.toSeconds(), IDLE.toSeconds() + 1, rows)
              + " evicted_after_flush="
              + evicted.get());
    }
  }

  @Test
  void theHeapStaysFlatWhileWritesWait() throws IOException {
    Installation installation = servers.installation();
    AgentId agent;
    try (Persistence persistence = installation.open()) {
      agent = installation.register(persistence, 1).get(0);
    }
    try (ChildJvm writer =
        ChildJvm.start(
            HeapProcess.class,
            installation.asArguments(List.of(agent.toString())),
            Map.of(),
            List.of("-Xmx96m", "-XX:+UseSerialGC"),
            directory.resolve("writer.log"))) {
      assertThat(writer.stdout().readLine()).isEqualTo("ready");
      servers.postgres().stop();
      long at10k = order(writer, "0 " + WRITES / 10);
      long at100k = order(writer, WRITES / 10 + " " + WRITES);
      servers.postgres().restart();
      long left = order(writer, "close");
      long rows = Long.parseLong(installation.query("SELECT count(*) FROM agents.state").get(0));
      servers.report(
          "HeapWhilePostgresAway",
          "max_heap_mib=96 writes=%d kilobytes_each=1 used_mib_at_10k=%.1f used_mib_at_100k=%.1f left=%d rows=%d"
              .formatted(WRITES, (double) at10k / MIB, (double) at100k / MIB, left, rows));
      assertThat(at100k - at10k).as("growth of the used heap").isLessThan(MOST_GROWTH);
      assertThat(left).isZero();
      assertThat(rows).isEqualTo(WRITES);
    }
  }

  private static long order(ChildJvm writer, String order) throws IOException {
    writer.stdin().println(order);
    return Long.parseLong(String.valueOf(writer.stdout().readLine()));
  }
}
