package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.LargeValues.Description;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Large values under kills: each is there whole, and PostgreSQL never names what it lacks. */
@Tag("fault")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LargeValuesIT {

  private static final int KILLS = Repetitions.of(20, 3);
  private static final int MOST = 3 << 20;
  private static final Duration GRACE = Duration.ofSeconds(2);
  private static final long NUMBERS = 1_000_000;

  /** The entries of PostgreSQL whose content is not there whole. */
  private static final String INCOMPLETE =
      """
      SELECT count(*)
        FROM agents.state s
       WHERE s.state_key LIKE '\\_large.%' AND s.deleted_at IS NULL
         AND (SELECT coalesce(sum(octet_length(c.bytes)), 0) FROM agents.value_chunks c
               WHERE c.content = (s.state_value ->> 'content')::uuid)
             <> (s.state_value ->> 'bytes')::bigint
      """;

  private static final String CONTENTS = "SELECT count(*) FROM agents.large_values";

  private final FaultServers servers = FaultServers.start();

  @TempDir Path directory;

  @AfterAll
  void close() {
    servers.close();
  }

  @Test
  void aKilledWriterLeavesWholeValuesAndOrphansThatAreRemoved() throws IOException {
    Random random = new Random(Long.getLong("persistence.test.seed", System.nanoTime()));
    Installation installation = servers.installation();
    Ledger ledger = new Ledger();
    AgentId agent;
    try (Persistence persistence = installation.open()) {
      agent = installation.register(persistence, 1).get(0);
    }
    for (int kill = 0; kill < KILLS || ledger.latest().isEmpty(); kill++) {
      try (ChildJvm writer = startWriter(installation, agent, kill)) {
        assertThat(writer.stdout().readLine()).isEqualTo("ready");
        ChildLines lines = ChildLines.read(writer, line -> note(agent, line, ledger));
        writer.stdin().println("go");
        assertThat(writer.awaitExit(Duration.ofMillis(100 + random.nextInt(900)))).isEmpty();
        writer.kill();
        lines.awaitEnd();
      }
      assertThat(installation.query(INCOMPLETE)).containsExactly("0");
    }
    long before;
    try (Persistence flushing = installation.open()) {
      flushing.lifecycle().flush(agent, Duration.ofSeconds(30));
      assertHolds(flushing, ledger);
      before = contents(installation);
      assertThat(flushing.operations().deadLetters().count()).isZero();
    }
    try (Persistence sweeping = sweeping(installation)) {
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> contents(installation) == live(installation));
      assertHolds(sweeping, ledger);
      assertThat(installation.query(INCOMPLETE)).containsExactly("0");
    }
    assertThat(before).as("contents before the removal").isGreaterThan(contents(installation));
    servers.report(
        "LargeKillWriter",
        "kills=%d acknowledged=%d keys=%d lost=0 torn=0 contents=%d kept=%d"
            .formatted(
                KILLS, ledger.acknowledged(), ledger.latest().size(), before, live(installation)));
  }

  private ChildJvm startWriter(Installation installation, AgentId agent, int generation) {
    return ChildJvm.start(
        LargeWriterProcess.class,
        installation.asArguments(
            List.of(agent.toString(), Long.toString(generation * NUMBERS), Integer.toString(MOST))),
        Map.of(),
        List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx128m"),
        directory.resolve("writers.log"));
  }

  private static void note(AgentId agent, String line, Ledger ledger) {
    if (line.endsWith(";")) {
      String[] part = line.substring(0, line.length() - 1).split(" ", 4);
      ledger.acknowledged(
          StateKey.of(agent, part[0]),
          new Revision.OfJournal(Long.parseLong(part[1]), Long.parseLong(part[2])),
          Long.parseLong(part[3]));
    }
  }

  /** Each key holds the write that was promised last, or a later one, whole. */
  private static void assertHolds(Persistence persistence, Ledger ledger) throws IOException {
    for (Map.Entry<StateKey, Ledger.Acknowledged> promise : ledger.latest().entrySet()) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      Versioned<Description> read =
          persistence.largeValues().read(promise.getKey(), out).orElseThrow();
      long number = LargeContents.numberOf(out.toByteArray(), MOST);
      Ledger.Acknowledged promised = promise.getValue();
      assertThat(promised.revision().isAfter(read.revision()))
          .as("%s: promised %s, found write %d of %s", promise.getKey(), promised, number, read)
          .isFalse();
      if (read.revision().equals(promised.revision())) {
        assertThat(number).isEqualTo(promised.number());
      }
    }
  }

  private static Persistence sweeping(Installation installation) {
    return Persistence.open(config(installation));
  }

  private static PersistenceConfig config(Installation installation) {
    return installation.config().toBuilder()
        .flush(
            FlushConfig.builder()
                .idleTimeToLive(GRACE)
                .sweepInterval(Duration.ofMillis(200))
                .leaseDuration(Duration.ofSeconds(1))
                .closeDeadline(Duration.ofSeconds(20))
                .build())
        .build();
  }

  private static long contents(Installation installation) {
    return Long.parseLong(installation.query(CONTENTS).get(0));
  }

  private static long live(Installation installation) {
    return Long.parseLong(
        installation
            .query(
                "SELECT count(*) FROM agents.state"
                    + " WHERE state_key LIKE '\\_large.%' AND deleted_at IS NULL")
            .get(0));
  }

  @Test
  void killedServersLoseNothingAndPostgresNamesNothingThatItLacks() throws Exception {
    Installation installation = servers.installation();
    Ledger ledger = new Ledger();
    AtomicInteger failed = new AtomicInteger();
    AtomicBoolean stop = new AtomicBoolean();
    AgentId agent;
    try (Persistence persistence = installation.open()) {
      agent = installation.register(persistence, 1).get(0);
      ExecutorService pool = Executors.newSingleThreadExecutor();
      Future<?> writing = pool.submit(() -> write(persistence, agent, ledger, failed, stop));
      pool.shutdown();
      for (int i = 0; i < Repetitions.of(6, 2); i++) {
        awaitMore(ledger, 4);
        servers.postgres().kill();
        awaitMore(ledger, 4);
        servers.postgres().restart();
        awaitMore(ledger, 4);
        servers.nats().kill();
        servers.nats().restart();
        awaitMore(ledger, 4);
        assertThat(installation.query(INCOMPLETE)).containsExactly("0");
      }
      stop.set(true);
      writing.get(60, TimeUnit.SECONDS);
      await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .until(
              () -> {
                persistence.lifecycle().flush(agent, Duration.ofSeconds(30));
                return true;
              });
      assertHolds(persistence, ledger);
      assertThat(persistence.operations().deadLetters().count()).isZero();
    }
    assertThat(installation.query(INCOMPLETE)).containsExactly("0");
    installation.assertNothingWentBack();
    servers.report(
        "LargeKillServers",
        "acknowledged=%d failed=%d lost=0 torn=0".formatted(ledger.acknowledged(), failed.get()));
  }

  private static void write(
      Persistence persistence,
      AgentId agent,
      Ledger ledger,
      AtomicInteger failed,
      AtomicBoolean stop) {
    for (long number = 0; !stop.get(); number++) {
      StateKey key = StateKey.of(agent, "k" + number % 3);
      byte[] bytes = LargeContents.of(number, MOST);
      try {
        ledger.acknowledged(
            key,
            persistence
                .largeValues()
                .write(key, new ByteArrayInputStream(bytes), SaveOptions.unconditional())
                .revision(),
            number);
      } catch (PersistenceException e) {
        failed.incrementAndGet();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static void awaitMore(Ledger ledger, int more) {
    long now = ledger.acknowledged();
    await().atMost(Duration.ofSeconds(60)).until(() -> ledger.acknowledged() >= now + more);
  }

  @Test
  @Tag("full")
  void readersOfOverwrittenValuesGetOneOfThemWholeOrATypedFailure() throws Exception {
    Installation installation = servers.installation();
    AtomicLong reads = new AtomicLong();
    AtomicLong overtaken = new AtomicLong();
    AtomicBoolean stop = new AtomicBoolean();
    try (Persistence writing = Persistence.open(config(installation))) {
      AgentId agent = installation.register(writing, 1).get(0);
      StateKey key = StateKey.of(agent, "k");
      try (Persistence reading = Persistence.open(config(installation))) {
        ExecutorService pool = Executors.newFixedThreadPool(2);
        writeOnce(writing, key, 0);
        List<Future<?>> readers =
            List.of(
                pool.submit(() -> read(reading, key, reads, overtaken, stop)),
                pool.submit(() -> read(writing, key, reads, overtaken, stop)));
        pool.shutdown();
        int writes = 1;
        while (writes < Repetitions.of(300, 40) || reads.get() < writes) {
          writeOnce(writing, key, writes++);
        }
        stop.set(true);
        for (Future<?> reader : readers) {
          reader.get(60, TimeUnit.SECONDS);
        }
        servers.report(
            "LargeOvertakenReaders",
            "writes=%d reads=%d typed_failures=%d torn=0"
                .formatted(writes, reads.get(), overtaken.get()));
      }
    }
  }

  /** All of it in one process: the writer, the flush and both ways of reading. */
  @Test
  @Tag("full")
  void aValueLargerThanTheHeapPasses() throws IOException {
    Installation installation = servers.installation();
    AgentId agent;
    try (Persistence persistence = installation.open()) {
      agent = installation.register(persistence, 1).get(0);
    }
    long size = Repetitions.of(200_000_000, 100_000_000);
    try (ChildJvm child =
        ChildJvm.start(
            LargeHeapProcess.class,
            installation.asArguments(List.of(agent.toString(), Long.toString(size))),
            Map.of(),
            List.of("-Xmx64m", "-XX:+UseSerialGC"),
            directory.resolve("heap.log"))) {
      assertThat(child.stdout().readLine()).as("from KV").isEqualTo(Long.toString(size));
      assertThat(child.stdout().readLine()).as("from PostgreSQL").isEqualTo(Long.toString(size));
    }
    servers.report("LargeHeap", "max_heap_mib=64 value_bytes=%d".formatted(size));
  }

  private static void writeOnce(Persistence persistence, StateKey key, long number)
      throws IOException {
    byte[] bytes = LargeContents.of(number, MOST);
    Versioned<Description> written =
        persistence
            .largeValues()
            .write(key, new ByteArrayInputStream(bytes), SaveOptions.unconditional());
    assertThat(written.value().bytes()).isEqualTo(bytes.length);
  }

  private static void read(
      Persistence persistence,
      StateKey key,
      AtomicLong reads,
      AtomicLong overtaken,
      AtomicBoolean stop) {
    long last = -1;
    while (!stop.get()) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try {
        assertThat(persistence.largeValues().read(key, out)).isPresent();
        long number = LargeContents.numberOf(out.toByteArray(), MOST);
        assertThat(number).as("a reader never goes back").isGreaterThanOrEqualTo(last);
        last = number;
        reads.incrementAndGet();
      } catch (PersistenceException e) {
        assertThat(e.error()).isEqualTo(DataError.VERSION_CONFLICT);
        overtaken.incrementAndGet();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
