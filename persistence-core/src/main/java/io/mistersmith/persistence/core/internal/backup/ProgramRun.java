package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.core.internal.backup.ClientProgram.Found;
import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One run of a program. It succeeds only when the program ends with the exit code 0, whatever it
 * has written before. Used by one thread, once.
 */
final class ProgramRun {

  private static final LibraryThreads THREADS = new LibraryThreads("persistence-backup-program");
  private static final Duration VERSION_LIMIT = Duration.ofSeconds(20);

  /** How long a program that broke off its stream may take to end. */
  private static final Duration END_LIMIT = Duration.ofSeconds(2);

  private final Found program;
  private final List<String> arguments;
  private final Map<String, String> environment;
  private final Duration longestSilence;

  /**
   * A program that is not started yet.
   *
   * @param environment variables for it; it gets none of this process that begins with PG
   * @param longestSilence after which it is ended, when it neither writes nor reads
   */
  ProgramRun(
      Found program,
      List<String> arguments,
      Map<String, String> environment,
      Duration longestSilence) {
    this.program = program;
    this.arguments = List.copyOf(arguments);
    this.environment = Map.copyOf(environment);
    this.longestSilence = longestSilence;
  }

  /** Asks a program for its version; empty where it does not run, or says nothing in time. */
  static Optional<String> version(Path path) {
    try {
      Process process =
          new ProcessBuilder(path.toString(), "--version").redirectErrorStream(true).start();
      process.getOutputStream().close();
      if (!process.waitFor(VERSION_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return Optional.empty();
      }
      try (InputStream output = process.getInputStream()) {
        return Optional.of(new String(output.readNBytes(1024), StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      return Optional.empty(); // no program for this machine: as if it were not there
    } catch (InterruptedException e) {
      throw interrupted(path.toString(), e);
    }
  }

  /** Runs it, and hands over what it writes. */
  void read(IoConsumer<InputStream> output) {
    run(
        new ProcessBuilder(),
        (process, watch) -> {
          process.getOutputStream().close();
          InputStream in = watch.watched(process.getInputStream());
          output.accept(in);
          in.transferTo(OutputStream.nullOutputStream());
        });
  }

  /**
   * Runs it, and gives it what it reads. It does not see the end of its input when {@code input}
   * fails: half an input must not look like a whole one.
   */
  void write(IoConsumer<OutputStream> input) {
    run(
        new ProcessBuilder().redirectOutput(ProcessBuilder.Redirect.DISCARD),
        (process, watch) -> {
          OutputStream out = watch.watched(process.getOutputStream());
          input.accept(out);
          out.close();
        });
  }

  /** Runs it without streams. */
  void run() {
    write(out -> {});
  }

  /** The streams between this process and the program. On a failure they are left open. */
  @FunctionalInterface
  private interface Exchange {

    void with(Process process, StallWatch watch) throws IOException;
  }

  private void run(ProcessBuilder builder, Exchange exchange) {
    Process process = start(builder);
    ErrorTail errors = new ErrorTail(process.getErrorStream());
    StallWatch watch = new StallWatch(process, longestSilence);
    Thread reading = THREADS.newThread(errors);
    reading.start();
    THREADS.newThread(watch).start();
    try {
      exchange(process, watch, exchange, reading, errors);
      int exitCode = awaitEnd(process, longestSilence);
      if (exitCode != 0) {
        throw failure(watch, exitCode, reading, errors);
      }
    } finally {
      process.destroyForcibly();
    }
  }

  private void exchange(
      Process process, StallWatch watch, Exchange exchange, Thread reading, ErrorTail errors) {
    try {
      exchange.with(process, watch);
    } catch (IOException e) {
      PersistenceException failure = broken(process, watch, reading, errors, e);
      failure.addSuppressed(e);
      throw failure;
    }
  }

  /**
   * The stream broke. Where the program has ended by itself, its error is the reason; else the
   * other side of the stream failed.
   */
  private PersistenceException broken(
      Process process, StallWatch watch, Thread reading, ErrorTail errors, IOException e) {
    try {
      if (process.waitFor(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
          && process.exitValue() != 0) {
        return failure(watch, process.exitValue(), reading, errors);
      }
    } catch (InterruptedException interrupt) {
      return interrupted(program.kind().fileName(), interrupt);
    }
    return DamagedFileException.isDamage(e)
        ? new NonTransientPersistenceException(
            DataError.DATA_CORRUPTION, program.kind().fileName() + ": " + e.getMessage(), e)
        : new TransientPersistenceException(
            DataError.UNAVAILABLE,
            "the stream of " + program.kind().fileName() + " was cut off: " + e.getMessage(),
            e);
  }

  private Process start(ProcessBuilder builder) {
    List<String> command = new ArrayList<>();
    command.add(program.path().toString());
    command.addAll(arguments);
    builder.command(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    // Its messages are told apart by their English words.
    builder.environment().put("LC_ALL", "C");
    builder.environment().putAll(environment);
    try {
      return builder.start();
    } catch (IOException e) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED, program.path() + " cannot be started: " + e.getMessage(), e);
    }
  }

  private PersistenceException failure(
      StallWatch watch, int exitCode, Thread reading, ErrorTail errors) {
    if (watch.hasStalled()) {
      return new TransientPersistenceException(
          DataError.TIMEOUT,
          program.kind().fileName()
              + " neither read nor wrote for "
              + longestSilence.toSeconds()
              + " s, and was ended");
    }
    try {
      reading.join(END_LIMIT.toMillis());
    } catch (InterruptedException e) {
      return interrupted(program.kind().fileName(), e);
    }
    return ProgramFailures.of(program.kind().fileName(), exitCode, errors.text());
  }

  private int awaitEnd(Process process, Duration limit) {
    try {
      if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        return process.exitValue();
      }
    } catch (InterruptedException e) {
      throw interrupted(program.kind().fileName(), e);
    }
    throw new TransientPersistenceException(
        DataError.TIMEOUT,
        program.kind().fileName() + " did not end within " + limit.toSeconds() + " s");
  }

  private static PersistenceException interrupted(String name, InterruptedException e) {
    Thread.currentThread().interrupt();
    return new TransientPersistenceException(
        DataError.TIMEOUT, name + ": interrupted while it ran", e);
  }
}
