package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs a command to its end, with a deadline, and keeps what it printed. */
final class CommandRun {
  private CommandRun() {}

  /**
   * @param exitCode the exit status
   * @param output standard output and standard error, mixed as they came
   */
  record Result(int exitCode, String output) {
    String firstLine() {
      return output.lines().findFirst().orElse("");
    }
  }

  static Result run(List<String> command, Duration limit) {
    return run(command, limit, null);
  }

  /** Like {@link #run(List, Duration, Path)}, and throws when the exit status is not 0. */
  static Result check(List<String> command, Duration limit, @Nullable Path directory) {
    Result result = run(command, limit, directory);
    if (result.exitCode() != 0) {
      throw new IllegalStateException(
          "Command failed with exit status %d: %s%n%s"
              .formatted(result.exitCode(), String.join(" ", command), result.output().strip()));
    }
    return result;
  }

  /**
   * @param directory the working directory, or null for the JVM's own
   * @throws UncheckedIOException when the command cannot be started
   * @throws IllegalStateException when the limit passes; the command is killed
   */
  static Result run(List<String> command, Duration limit, @Nullable Path directory) {
    Path output = null;
    try {
      // A file and not a pipe: a grandchild that keeps a pipe open would block the reader.
      output = Files.createTempFile("persistence-command-", ".log");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(output.toFile());
      if (directory != null) {
        builder.directory(directory.toFile());
      }
      Process process = builder.start();
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException(
            "Command took longer than %d s and was killed: %s%n%s"
                .formatted(limit.toSeconds(), String.join(" ", command), read(output)));
      }
      return new Result(process.exitValue(), read(output));
    } catch (IOException e) {
      throw new UncheckedIOException("Could not run: " + String.join(" ", command), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while running " + command.get(0), e);
    } finally {
      if (output != null) {
        DirectoryTree.delete(output);
      }
    }
  }

  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
