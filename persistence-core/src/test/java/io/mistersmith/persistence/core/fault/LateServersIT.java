package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.OwnPostgres;
import io.mistersmith.persistence.core.fault.table.Counts;
import io.mistersmith.persistence.core.fault.table.Tally;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent.ServerAwaited;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Runtimes that are opened before their servers are there. */
@Tag("fault")
@Tag("connections")
@Tag("full")
class LateServersIT {

  private static final int RUNTIMES = 3;
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final SaveOptions COMMITTED =
      SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED);

  private final Queue<ServerAwaited> heard = new ConcurrentLinkedQueue<>();

  @Test
  void openFailsFastUnlessItIsAskedToWait() {
    try (PostgresServer postgres = OwnPostgres.start();
        NatsServer nats = NatsServer.start(NatsOptions.defaults())) {
      String url = postgres.createDatabase("late");
      PersistenceConfig config = config(nats, url, postgres, Duration.ZERO);
      nats.kill();
      assertFailsFast(config, "nats://");
      postgres.kill();
      assertFailsFast(config, "jdbc:postgresql:");
      assertThat(heard).isEmpty();
      long began = System.nanoTime();
      Duration patience = Duration.ofSeconds(2);
      TransientPersistenceException late =
          catchThrowableOfType(
              TransientPersistenceException.class,
              () -> Persistence.open(config(nats, url, postgres, patience)));
      assertThat(late).hasMessageContaining("waitForServers");
      assertThat(Duration.ofNanos(System.nanoTime() - began))
          .isBetween(patience, patience.plusSeconds(10));
      assertThat(heard).isNotEmpty();
      Counts.report(
          "LateServers expected=failure",
          Tally.NONE,
          "nats=%s postgres=%s".formatted(nats.version(), postgres.version()));
    }
  }

  private static void assertFailsFast(PersistenceConfig config, String server) {
    long began = System.nanoTime();
    PersistenceException failure =
        catchThrowableOfType(PersistenceException.class, () -> Persistence.open(config));
    assertThat(failure.error()).isEqualTo(DataError.CONNECTION_FAILED);
    assertThat(failure).hasMessageContaining(server);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void runtimesThatStartWithTheirServersWaitMigrateAndWork() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(RUNTIMES + 1);
    List<Future<Persistence>> opening = new ArrayList<>();
    try (PostgresServer postgres = OwnPostgres.start();
        NatsServer nats = NatsServer.start(NatsOptions.defaults())) {
      String url = postgres.createDatabase("late");
      PersistenceConfig config = config(nats, url, postgres, SOON);
      nats.kill();
      postgres.kill();
      for (int i = 0; i < RUNTIMES; i++) {
        opening.add(threads.submit(() -> Persistence.open(config)));
      }
      // Each server is refused, then there; PostgreSQL is in recovery in between (57P03).
      await().atMost(SOON).until(() -> heardOf("refused"));
      enterRecovery(postgres.dataDirectory());
      Future<?> restart = threads.submit(postgres::restart);
      await().atMost(SOON).until(() -> heardOf("57P03"));
      assertThat(restart).isNotDone();
      endRecovery(postgres.dataDirectory());
      restart.get(SOON.toSeconds(), TimeUnit.SECONDS);
      await().atMost(SOON).until(() -> heardOf("nats://"));
      assertThat(opening).noneMatch(Future::isDone);
      long began = System.nanoTime();
      nats.restart();
      for (Future<Persistence> opened : opening) {
        Persistence persistence = opened.get(SOON.toSeconds(), TimeUnit.SECONDS);
        Agent agent = persistence.agents().save(Agent.of("late", "one")).value();
        persistence.states(Integer.class).save(StateKey.of(agent.id(), "k"), 1, COMMITTED);
      }
      Tally tally = tally(RUNTIMES, began, url, postgres);
      Counts.report(
          "LateServers late=BOTH",
          tally,
          "nats=%s postgres=%s runtimes=%d progress_events=%d"
              .formatted(nats.version(), postgres.version(), RUNTIMES, heard.size()));
      assertThat(tally.isKept()).as("all is there: %s", tally).isTrue();
      for (Future<Persistence> opened : opening) {
        opened.get().close();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aServerWithoutJetStreamIsAwaited() throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    NatsOptions options = NatsOptions.defaults();
    try (PostgresServer postgres = OwnPostgres.start();
        NatsServer nats = NatsServer.start(options)) {
      String url = postgres.createDatabase("late");
      nats.reload(options.withConfigLine("jetstream: disabled"));
      PersistenceConfig config = config(nats, url, postgres, SOON);
      Future<Persistence> opening = thread.submit(() -> Persistence.open(config));
      await().atMost(SOON).until(() -> heardOf("AGENT_STATE"));
      long began = System.nanoTime();
      nats.reload(options);
      try (Persistence persistence = opening.get(SOON.toSeconds(), TimeUnit.SECONDS)) {
        Agent agent = persistence.agents().save(Agent.of("late", "one")).value();
        persistence.states(Integer.class).save(StateKey.of(agent.id(), "k"), 1, COMMITTED);
        Tally tally = tally(1, began, url, postgres);
        Counts.report(
            "LateServers late=JETSTREAM",
            tally,
            "nats=%s postgres=%s".formatted(nats.version(), postgres.version()));
        assertThat(tally.isKept()).as("all is there: %s", tally).isTrue();
      }
    } finally {
      thread.shutdownNow();
    }
  }

  /** Of as many writes, each to a key of its own, acknowledged when they were committed. */
  private static Tally tally(int writes, long availableSince, String url, PostgresServer postgres) {
    Duration outage = Duration.ofNanos(System.nanoTime() - availableSince);
    List<String> rows =
        new Installation("", "", url, postgres.user()).query("SELECT 1 FROM agents.state");
    return new Tally(writes, writes - rows.size(), 0, 0, outage);
  }

  private boolean heardOf(String text) {
    return heard.stream().anyMatch(event -> event.reason().contains(text));
  }

  private PersistenceConfig config(
      NatsServer nats, String url, PostgresServer postgres, Duration patience) {
    return PersistenceConfig.builder(
            NatsConfig.builder(nats.url()).requestTimeout(Duration.ofSeconds(1)).build(),
            PostgresConfig.builder(url, postgres.user())
                .connections(1, 2)
                .acquireTimeout(Duration.ofSeconds(2))
                .migrateOnOpen()
                .build())
        .listener(PersistenceListener.of(ServerAwaited.class, heard::add))
        .waitForServers(patience)
        .build();
  }

  /** Lets the server start as a standby that takes no connections. */
  private static void enterRecovery(Path data) {
    try {
      Files.writeString(
          data.resolve("postgresql.auto.conf"), "hot_standby = off\n", StandardOpenOption.APPEND);
      own(data, Files.createFile(data.resolve("standby.signal")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Promotes it. */
  private static void endRecovery(Path data) {
    try {
      own(data, Files.createFile(data.resolve("promote")));
      String pid = Files.readAllLines(data.resolve("postmaster.pid")).get(0).strip();
      assertThat(new ProcessBuilder("kill", "-USR1", pid).start().waitFor()).isZero();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void own(Path data, Path file) throws IOException {
    Files.setOwner(file, Files.getOwner(data));
  }
}
