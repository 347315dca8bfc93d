package io.mistersmith.persistence.testkit.server;

import io.mistersmith.persistence.testkit.server.ProcessSignals.Signal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/**
 * A second JVM with this one's class path and -XX options, for tests that kill or freeze the
 * process that writes. It ends with {@link #close()} or with this JVM.
 *
 * <p>Its standard error goes to the log. Its standard output is a pipe: read {@link #stdout()}, or
 * the child stops when the pipe is full. Signals may be sent from any thread; {@code stdout} and
 * {@code stdin} are for one thread each.
 */
public final class ChildJvm implements AutoCloseable {
  private static final Duration KILL_LIMIT = Duration.ofSeconds(30);
  private static final List<String> INHERITED =
      List.of(
          "maven.repo.local",
          "persistence.test.servers",
          "persistence.test.nats",
          "persistence.test.postgres");

  private final Process process;
  private final Thread shutdownHook;
  private final BufferedReader stdout;
  private final PrintStream stdin;

  private ChildJvm(Process process) {
    this.process = process;
    this.shutdownHook = new Thread(process::destroyForcibly, "persistence-child-shutdown");
    this.stdout =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    this.stdin = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    Runtime.getRuntime().addShutdownHook(shutdownHook);
  }

  /**
   * Starts a JVM of this JVM's Java.
   *
   * @param main the class with the main method; it need not be public
   * @param args what its main method gets
   * @param systemProperties its system properties; those that choose the test servers it inherits
   * @param log the file that gets its standard error, appended
   * @throws UncheckedIOException when it cannot be started
   */
  public static ChildJvm start(
      Class<?> main, List<String> args, Map<String, String> systemProperties, Path log) {
    return start(main, args, systemProperties, List.of(), log);
  }

  /**
   * {@link #start(Class, List, Map, Path)} with further options of the JVM.
   *
   * @param jvmOptions for example {@code -Xmx96m}
   */
  public static ChildJvm start(
      Class<?> main,
      List<String> args,
      Map<String, String> systemProperties,
      List<String> jvmOptions,
      Path log) {
    return start(main, args, systemProperties, jvmOptions, Map.of(), log);
  }

  static ChildJvm start(
      Class<?> main,
      List<String> args,
      Map<String, String> systemProperties,
      Map<String, String> environment,
      Path log) {
    return start(main, args, systemProperties, List.of(), environment, log);
  }

  private static ChildJvm start(
      Class<?> main,
      List<String> args,
      Map<String, String> systemProperties,
      List<String> jvmOptions,
      Map<String, String> environment,
      Path log) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ownOptions());
    command.addAll(jvmOptions);
    INHERITED.forEach(
        name ->
            Optional.ofNullable(System.getProperty(name))
                .filter(value -> !systemProperties.containsKey(name))
                .ifPresent(value -> command.add("-D" + name + "=" + value)));
    systemProperties.forEach((name, value) -> command.add("-D" + name + "=" + value));
    // Build tools may hand over the class path as one jar with a manifest: it works for a child
    // too.
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(main.getName());
    command.addAll(args);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    return new ChildJvm(ProcessLauncher.start(builder));
  }

  /**
   * How this JVM compiles and collects, which the child does alike: on a machine with few cores,
   * the second compiler of a child that lives for seconds takes the time of everybody else.
   */
  private static List<String> ownOptions() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("-XX:"))
        .toList();
  }

  /** The process id. */
  public long pid() {
    return process.pid();
  }

  /** True until it has ended; a paused one is alive. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Kills it with SIGKILL and waits until it has ended; no error when it has ended already. Its
   * output up to then can still be read.
   */
  public void kill() {
    // By its handle: Process.destroyForcibly() closes the pipes with what is in them.
    process.toHandle().destroyForcibly();
    if (awaitExit(KILL_LIMIT).isEmpty()) {
      throw new IllegalStateException(
          "Child JVM %d did not end within %d s of SIGKILL"
              .formatted(pid(), KILL_LIMIT.toSeconds()));
    }
  }

  /** Freezes it with SIGSTOP; returns when each of its threads has stopped. */
  public void pause() {
    ProcessSignals.freeze(List.of(pid()));
  }

  /** Lets a paused one go on. */
  public void resume() {
    ProcessSignals.send(Signal.CONT, pid());
  }

  /** Waits for its end and returns the exit status; empty when the limit passes first. */
  public OptionalInt awaitExit(Duration limit) {
    try {
      return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)
          ? OptionalInt.of(process.exitValue())
          : OptionalInt.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting for child JVM " + pid(), e);
    }
  }

  /** Returns its standard output, in UTF-8; ends with the process. */
  public BufferedReader stdout() {
    return stdout;
  }

  /** Returns its standard input, in UTF-8, flushed at each line's end. */
  public PrintStream stdin() {
    return stdin;
  }

  /** Kills it where it is still alive, and closes its streams. */
  @Override
  public void close() {
    kill();
    try {
      Runtime.getRuntime().removeShutdownHook(shutdownHook);
    } catch (IllegalStateException shuttingDown) {
      // The hook runs anyhow, and has nothing left to do.
      return;
    }
    try {
      stdin.close();
      stdout.close();
    } catch (IOException e) {
      throw new UncheckedIOException("Could not close the streams of child JVM " + pid(), e);
    }
  }
}
