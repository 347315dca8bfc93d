package io.mistersmith.persistence.langchain4j.sample;

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
 * Starts servers and the agent, kills the agent twice in the middle of a tool call, before and
 * after its effect, and starts it again. The last line says how many turns PostgreSQL has in the
 * end, and how many parts of them were lost or repeated.
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
    String conversation = "langchain4j-sample-" + UUID.randomUUID();
    String password = postgres.password().orElse("");
    this.out = out;
    this.log = log;
    this.judge = new Judge(postgres.jdbcUrl(), postgres.user(), password, conversation, turns);
    this.args =
        List.of(
            nats.url(),
            postgres.jdbcUrl(),
            postgres.user(),
            password,
            conversation,
            String.valueOf(turns));
  }

  /** Runs the sample; the exit status is 0 when nothing was lost or repeated. */
  public static void main(String[] args) throws IOException, SQLException {
    Path log = Files.createTempFile("langchain4j-sample-", ".log");
    int status;
    try {
      status = run(TURNS, log, System.out);
    } finally {
      Files.readAllLines(log).forEach(line -> System.err.println("agent: " + line));
      Files.delete(log);
    }
    System.exit(status);
  }

  /**
   * Runs the sample.
   *
   * @param log the file that gets what the agent logs
   * @return the exit status: 0 when all turns are there, and nothing was lost or repeated, else 1
   */
  static int run(int turns, Path log, PrintStream out) throws IOException, SQLException {
    Sample sample = new Sample(turns, log, out);
    sample.runUntilKilled("before call-" + Math.max(1, turns / 3));
    sample.runUntilKilled("after call-" + Math.max(2, 2 * turns / 3));
    sample.runToItsEnd();
    return sample.judge.print(out) ? 0 : 1;
  }

  private void runUntilKilled(String point) throws IOException {
    try (ChildJvm agent = start(point)) {
      String line = agent.stdout().readLine();
      while (line != null && !line.equals(BookingTool.AT_POINT + point)) {
        out.println("agent: " + line);
        line = agent.stdout().readLine();
      }
      agent.kill();
      OptionalInt status = agent.awaitExit(EXIT_LIMIT);
      if (line == null || status.orElse(0) != KILLED) {
        throw new IllegalStateException("the agent ended by itself, not " + point);
      }
      out.printf("killed the agent (SIGKILL) %s%n", point);
    }
  }

  private void runToItsEnd() throws IOException {
    try (ChildJvm agent = start("nowhere")) {
      String line = agent.stdout().readLine();
      while (line != null) {
        out.println("agent: " + line);
        line = agent.stdout().readLine();
      }
      OptionalInt status = agent.awaitExit(EXIT_LIMIT);
      if (status.orElse(-1) != 0) {
        throw new IllegalStateException("the agent did not end well; see " + log);
      }
    }
  }

  private ChildJvm start(String point) {
    List<String> all = new ArrayList<>(args);
    all.add(point);
    Map<String, String> properties = Map.of("logback.configurationFile", "logback-sample.xml");
    ChildJvm agent = ChildJvm.start(SampleAgent.class, all, properties, log);
    // One that hangs ends, and with it the wait for its next line.
    CompletableFuture.delayedExecutor(MINUTES, TimeUnit.MINUTES).execute(agent::kill);
    return agent;
  }
}
