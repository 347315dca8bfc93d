package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The programs of the servers themselves, for scratch servers: in the configured directories, on
 * the PATH, and where the distributions put PostgreSQL's, the highest version first.
 *
 * @param directories where to look, in this order
 * @param log gets what the programs print, and the servers log
 */
record ServerPrograms(List<Path> directories, Path log) {

  private static final long LONGEST_MINUTES = 5;
  private static final List<String> VERSIONS = List.of("20", "19", "18", "17", "16", "15");

  static ServerPrograms of(List<Path> configured, Path log) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    List<Path> all = new ArrayList<>(configured);
    Stream.of(path.split(File.pathSeparator, -1))
        .filter(directory -> !directory.isBlank())
        .map(Path::of)
        .forEach(all::add);
    for (String version : VERSIONS) {
      all.add(Path.of("/usr/lib/postgresql", version, "bin"));
      all.add(Path.of("/usr/pgsql-" + version, "bin"));
      all.add(Path.of("/opt/homebrew/opt/postgresql@" + version, "bin"));
    }
    return new ServerPrograms(List.copyOf(all), log);
  }

  /**
   * Returns a program.
   *
   * @throws NonTransientPersistenceException MISCONFIGURED when it is not installed
   */
  Path require(String name) {
    return directories.stream()
        .map(directory -> directory.resolve(name))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.MISCONFIGURED,
                    "a drill on this machine needs "
                        + name
                        + "; install it (packages postgresql and nats-server), give its directory"
                        + " with BACKUP_PROGRAMS or BackupConfig.Builder.programs, or give empty"
                        + " servers with --into or Drill.into"));
  }

  /** Runs a program to its end. */
  void run(String name, List<String> arguments) {
    Path program = require(name);
    try {
      Process process = start(program, arguments);
      if (!process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES)) {
        end(process);
        throw new TransientPersistenceException(
            DataError.UNAVAILABLE,
            name + " did not end within " + LONGEST_MINUTES + " minutes; it printed: " + printed());
      }
      if (process.exitValue() != 0) {
        throw new NonTransientPersistenceException(
            DataError.MISCONFIGURED,
            name + " ended with exit code " + process.exitValue() + ": " + printed());
      }
    } catch (IOException e) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED, program + " cannot be run: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransientPersistenceException(DataError.UNAVAILABLE, name + " was interrupted", e);
    }
  }

  /** Returns the last lines: the log is deleted with the scratch servers. */
  private String printed() throws IOException {
    try (InputStream in = Files.newInputStream(log)) {
      ErrorTail tail = new ErrorTail(in);
      tail.run();
      return tail.text();
    }
  }

  /** Starts a program that goes on. */
  Process start(String name, List<String> arguments) throws IOException {
    return start(require(name), arguments);
  }

  private Process start(Path program, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    // Settings of this process must not lead the programs to its own server.
    builder.environment().keySet().removeIf(variable -> variable.startsWith("PG"));
    Process process = builder.start();
    process.getOutputStream().close();
    return process;
  }

  /** Ends a program that goes on, and waits for that. */
  static void end(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
