package io.mistersmith.persistence.spring.sample;

import io.mistersmith.persistence.testkit.server.ChildJvm;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Starts servers and the application, kills it twice in the middle of a tool call, before and after
 * its effect, and starts it again. The last line says how many turns PostgreSQL has in the end, and
 * how many parts of them were lost or repeated.
 */
public final class Sample {

  private static final int TURNS = 20;
  private static final int KILLED = 128 + 9;
  private static final Duration EXIT_LIMIT = Duration.ofSeconds(60);
  private static final long MINUTES = 5; // that each process may take

  private final PrintStream out;
  private final Path log;
  private final Judge judge;
  private final List<String> args;

  private Sample(int turns, Path log, PrintStream out) {
    PostgresServer postgres = TestServers.postgres();
    NatsServer nats = TestServers.nats();
    String conversation = "spring-ai-sample-" + UUID.randomUUID();
    String password = postgres.password().orElse("");
    this.out = out;
    this.log = log;
    this.judge = new Judge(postgres.jdbcUrl(), postgres.user(), password, conversation, turns);
    this.args =
        List.of(
            "--persistence.nats.servers=" + nats.url(),
            "--persistence.nats.name-prefix=spring-ai-",
            "--persistence.nats.request-timeout=30s", // on a busy machine, too
            "--persistence.postgres.url=" + postgres.jdbcUrl(),
            "--persistence.postgres.username=" + postgres.user(),
            "--persistence.postgres.password=" + password,
            "--spring.main.banner-mode=off",
            "--sample.conversation=" + conversation,
            "--sample.turns=" + turns);
  }

  /** Runs the sample; the exit status is 0 when nothing was lost or repeated. */
  public static void main(String[] args) throws IOException, SQLException {
    Path log = Files.createTempFile("spring-ai-sample-", ".log");
    int status;
    try {
      status = run(TURNS, log, System.out);
    } finally {
      Files.readAllLines(log).forEach(line -> System.err.println("application: " + line));
      Files.delete(log);
    }
    System.exit(status);
  }

  /**
   * Runs the sample.
   *
   * @param log the file that gets what the application logs
   * @return the exit status: 0 when all turns are there, and nothing was lost or repeated, else 1
   */
  static int run(int turns, Path log, PrintStream out) throws IOException, SQLException {
    Sample sample = new Sample(turns, log, out);
    sample.runUntilKilled("before seat-" + Math.max(1, turns / 3));
    sample.runUntilKilled("after seat-" + Math.max(2, 2 * turns / 3));
    sample.runToItsEnd();
    return sample.judge.print(out) ? 0 : 1;
  }

  private void runUntilKilled(String point) throws IOException {
    try (ChildJvm application = start(point)) {
      String line = application.stdout().readLine();
      while (line != null && !line.equals(BookingTool.AT_POINT + point)) {
        out.println("application: " + line);
        line = application.stdout().readLine();
      }
      application.kill();
      OptionalInt status = application.awaitExit(EXIT_LIMIT);
      if (line == null || status.orElse(0) != KILLED) {
        throw new IllegalStateException("the application ended by itself, not " + point);
      }
      out.printf("killed the application (SIGKILL) %s%n", point);
    }
  }

  private void runToItsEnd() throws IOException {
    try (ChildJvm application = start("nowhere")) {
      String line = application.stdout().readLine();
      while (line != null) {
        out.println("application: " + line);
        line = application.stdout().readLine();
      }
      OptionalInt status = application.awaitExit(EXIT_LIMIT);
      if (status.orElse(-1) != 0) {
        throw new IllegalStateException("the application did not end well; see " + log);
      }
    }
  }

  private ChildJvm start(String point) {
    List<String> all = new ArrayList<>(args);
    all.add("--sample.point=" + point);
    ChildJvm application = ChildJvm.start(BookingApplication.class, all, Map.of(), log);
    // One that hangs ends, and with it the wait for its next line.
    CompletableFuture.delayedExecutor(MINUTES, TimeUnit.MINUTES).execute(application::kill);
    return application;
  }
}
