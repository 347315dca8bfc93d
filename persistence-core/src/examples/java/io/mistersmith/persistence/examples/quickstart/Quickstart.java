package io.mistersmith.persistence.examples.quickstart;

import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Starts real servers, or uses those that PG_* and NATS_SERVERS name, replays recorded agent runs
 * through a writing process that it kills half way and a second one that goes on, and compares what
 * PostgreSQL holds in the end with the recording.
 */
public final class Quickstart {

  static final String LOG_CONFIGURATION =
      "io/mistersmith/persistence/examples/quickstart/logback-quickstart.xml";

  private static final Duration FLAT_OUT = Duration.ofSeconds(5);

  private final PrintStream out;
  private final PrintStream err;
  private final Duration flatOut;

  private Quickstart(PrintStream out, PrintStream err, Duration flatOut) {
    this.out = out;
    this.err = err;
    this.flatOut = flatOut;
  }

  /** The system property {@code quickstart.input} names the recording; the sample without it. */
  public static void main(String[] args) {
    String input = System.getProperty("quickstart.input", "");
    Optional<Path> file = input.isBlank() ? Optional.empty() : Optional.of(Path.of(input));
    System.exit(run(file, System.out, System.err));
  }

  /**
   * Runs the whole of it.
   *
   * @return the exit status: 0 when nothing was lost and nothing differs, else 1
   */
  public static int run(Optional<Path> file, PrintStream out, PrintStream err) {
    return run(file, out, err, FLAT_OUT);
  }

  static int run(Optional<Path> file, PrintStream out, PrintStream err, Duration flatOut) {
    try {
      return new Quickstart(out, err, flatOut).run(file);
    } catch (QuickstartException e) {
      err.println("quickstart: " + e.getMessage());
    } catch (NoSuchFileException e) {
      err.println("quickstart: there is no file " + e.getMessage());
    } catch (IOException | SQLException | RuntimeException e) {
      err.println("quickstart: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      err.println("quickstart: interrupted");
    }
    return 1;
  }

  private int run(Optional<Path> file) throws IOException, SQLException, InterruptedException {
    String name = file.map(Path::toString).orElse("the sample");
    Recording recording = Recording.read(file);
    recording.problems().forEach(problem -> err.println(name + ": " + problem + "; skipped"));
    List<RecordedRun> runs = recording.runs();
    if (runs.isEmpty()) {
      throw new QuickstartException("there is no run to replay in " + name);
    }
    out.printf(Locale.ROOT, "%s: %,d runs, %,d steps%n", name, runs.size(), recording.steps());
    WriterSettings settings = startServers(file);
    long expectedWrites = Replay.expectedWrites(runs);
    Ledger ledger = new Ledger();
    Progress progress = new Progress(out, Progress.onTerminal(), expectedWrites);
    Path log = Files.createTempFile("quickstart-", ".log");
    long left;
    try {
      left = new Replay(settings, ledger, progress, expectedWrites, log).run();
    } finally {
      progress.end();
      Files.readAllLines(log).forEach(line -> err.println("writer: " + line));
      Files.delete(log);
    }
    Verification verification = Verification.of(runs, ledger, settings);
    Verification tasks = RunTasks.verify(runs, ledger, settings);
    Verification messages = RunMessages.verify(runs, ledger, settings);
    Verification facts = RunFacts.verify(runs, ledger, settings);
    out.printf(Locale.ROOT, "writing for %d s without a pause%n", flatOut.toSeconds());
    FlatOut.Counted counted = FlatOut.count(settings, AgentState.values(runs, ledger), flatOut);
    return new Result(recording, ledger, verification, tasks, messages, facts, left, counted)
        .print(out);
  }

  private WriterSettings startServers(Optional<Path> file) {
    PostgresServer postgres = TestServers.postgres();
    NatsServer nats = TestServers.nats();
    WriterSettings settings =
        new WriterSettings(
            "quickstart",
            file.map(path -> path.toAbsolutePath().toString()).orElse(null),
            UUID.randomUUID().toString(),
            System.currentTimeMillis(),
            postgres.jdbcUrl(),
            postgres.user(),
            postgres.password().orElse(null),
            Arrays.stream(nats.url().split(",")).map(String::strip).toList());
    PGSimpleDataSource database = new PGSimpleDataSource();
    database.setUrl(settings.jdbcUrl());
    database.setUser(settings.user());
    database.setPassword(settings.password());
    int applied = MigrationRunner.of(database).apply().applied().size();
    out.printf(
        Locale.ROOT,
        "PostgreSQL %s, nats-server %s, %d migrations applied%n",
        postgres.version(),
        nats.version(),
        applied);
    return settings;
  }
}
