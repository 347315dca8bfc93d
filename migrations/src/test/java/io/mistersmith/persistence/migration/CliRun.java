package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A run of the executable jar, as a process of its own.
 *
 * @param exitCode what it ended with
 * @param stdout what it printed
 * @param stderr its progress and errors
 */
record CliRun(int exitCode, String stdout, String stderr) {

  /**
   * One that is under way.
   *
   * @param process the process
   * @param out where it prints
   * @param err where its progress goes
   */
  record Started(Process process, Path out, Path err) {

    /** Waits for its end. */
    CliRun await() throws IOException, InterruptedException {
      if (!process.waitFor(10, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IllegalStateException("the command did not end within 10 minutes");
      }
      return new CliRun(process.exitValue(), Files.readString(out), Files.readString(err));
    }
  }

  /** Starts it against a database of a server. */
  static Started start(PostgresServer server, String database, Path folder, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // The commands are short: compiling them thoroughly costs more than it gains.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"));
    command.add("-jar");
    command.add(
        Optional.ofNullable(System.getProperty("migrations.cli"))
            .orElseThrow(
                () -> new IllegalStateException("migrations.cli is not set: use mvn verify")));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(folder, "cli", ".out");
    Path err = Files.createTempFile(folder, "cli", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    Map<String, String> environment = builder.environment();
    environment.put("PG_HOST", server.host());
    environment.put("PG_PORT", String.valueOf(server.port()));
    environment.put("PG_DATABASE", database);
    environment.put("PG_USER", server.user());
    environment.remove("PG_PASSWORD");
    server.password().ifPresent(password -> environment.put("PG_PASSWORD", password));
    return new Started(builder.start(), out, err);
  }

  /** Runs it to its end. */
  static CliRun of(PostgresServer server, String database, Path folder, String... arguments)
      throws IOException, InterruptedException {
    return start(server, database, folder, arguments).await();
  }
}
