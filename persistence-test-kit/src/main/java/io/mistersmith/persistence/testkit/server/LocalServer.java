package io.mistersmith.persistence.testkit.server;

import io.mistersmith.persistence.testkit.server.ProcessSignals.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server that runs as a child process, with a working directory of its own that goes with it.
 *
 * <p>The server may have children (PostgreSQL's backends). Kill and pause take the parent first, so
 * that no new child appears while the present ones are listed: a killed server has ended as a
 * whole, a paused one answers no client.
 */
final class LocalServer implements ServerControl {
  private static final Logger LOG = LoggerFactory.getLogger(LocalServer.class);
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
  private static final Duration DISCARD_LIMIT = Duration.ofSeconds(5);
  private static final Duration DELETE_LIMIT = Duration.ofSeconds(10);
  private static final long POLL_MILLIS = 10;
  private static final int TAIL_LINES = 30;

  private Launch launch;
  private final WorkDirectory workDirectory;
  private final Path log;
  private final Thread shutdownHook;
  private final boolean anyPort;
  private final Duration startLimit;
  private int port;
  private @Nullable Process process;
  private boolean paused;
  private boolean closed;

  private LocalServer(Launch launch, WorkDirectory workDirectory, int port, Duration startLimit) {
    this.launch = launch;
    this.startLimit = startLimit;
    this.workDirectory = workDirectory;
    this.log = workDirectory.path().resolve("server.log");
    this.anyPort = port == 0;
    this.port = port;
    this.shutdownHook = new Thread(this::discardInTime, "persistence-server-shutdown");
  }

  /** Starts the server; port 0 takes a free one, which it keeps over restarts. */
  static LocalServer start(Launch launch, WorkDirectory workDirectory, int port) {
    return start(launch, workDirectory, port, START_LIMIT);
  }

  static LocalServer start(
      Launch launch, WorkDirectory workDirectory, int port, Duration startLimit) {
    LocalServer server = new LocalServer(launch, workDirectory, port, startLimit);
    Runtime.getRuntime().addShutdownHook(server.shutdownHook);
    try {
      launch.prepare();
      server.launchProcess(server.anyPort);
      return server;
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /** A server that hangs at its start is killed and started once more, as an operator would do. */
  private void launchProcess(boolean choosePort) {
    long deadline = System.nanoTime() + startLimit.toNanos();
    boolean again = true;
    while (true) {
      if (choosePort) {
        port = FreePort.find();
      }
      long logStart = size(log);
      ProcessBuilder builder =
          new ProcessBuilder(launch.command(port))
              .directory(workDirectory.path().toFile())
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      Process started = ProcessLauncher.start(builder);
      process = started;
      paused = false;
      if (awaitReady(started, deadline)) {
        LOG.debug("{} is ready on port {}, process {}", launch.name(), port, started.pid());
        return;
      }
      boolean exited = !started.isAlive();
      String tail = tail(logStart);
      Path kept = exited ? log : HungServer.keepLog(launch, started, log);
      killTree(started);
      if (!exited && again) {
        LOG.warn(
            "{} was not ready within {}; it is killed and started again. Its log is kept in {}",
            launch.name(),
            startLimit,
            kept);
        again = false;
        deadline = System.nanoTime() + startLimit.toNanos();
        continue;
      }
      boolean portTaken = tail.toLowerCase(Locale.ROOT).contains("address already in use");
      if (!exited || !portTaken || System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "%s did not start on port %d (%s). The end of its log:%n%s"
                .formatted(
                    launch.name(),
                    port,
                    exited
                        ? "exit status " + started.exitValue()
                        : "not ready in time; its log is kept in " + kept,
                    tail));
      }
    }
  }

  private boolean awaitReady(Process started, long deadline) {
    try {
      while (!started.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        if (launch.isReady(port, started.pid())) {
          return true;
        }
        if (System.nanoTime() > deadline) {
          return false;
        }
      }
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      killTree(started);
      throw new IllegalStateException("Interrupted while starting " + launch.name(), e);
    }
  }

  @Override
  public String host() {
    return "127.0.0.1";
  }

  @Override
  public synchronized int port() {
    return port;
  }

  @Override
  public synchronized long pid() {
    return running("name the process of").pid();
  }

  @Override
  public Path dataDirectory() {
    return launch.dataDirectory();
  }

  @Override
  public boolean ownsProcess() {
    return true;
  }

  @Override
  public synchronized void kill() {
    killTree(running("kill"));
  }

  private void killTree(Process target) {
    List<Long> tree = frozenTree(target.pid());
    ProcessSignals.send(Signal.KILL, tree);
    awaitEnd(tree, STOP_LIMIT);
    awaitReaped(target);
    process = null;
    paused = false;
  }

  /**
   * Until this JVM has collected its exit status the process is a zombie, whose pid still answers.
   */
  private void awaitReaped(Process target) {
    try {
      if (!target.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException(launch.name() + " was killed but its status never came");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while killing " + launch.name(), e);
    }
  }

  /** Stops the parent and lists it, first, with the children that it then has. */
  private static List<Long> frozenTree(long pid) {
    ProcessSignals.freeze(List.of(pid));
    List<Long> tree = new ArrayList<>();
    tree.add(pid);
    tree.addAll(ProcessSignals.children(pid));
    return tree;
  }

  private void awaitEnd(List<Long> pids, Duration limit) {
    if (!ProcessSignals.awaitEnd(pids, limit)) {
      throw new IllegalStateException(
          "%s: processes %s did not end within %d s. The end of its log:%n%s"
              .formatted(launch.name(), pids, limit.toSeconds(), tail(0)));
    }
  }

  @Override
  public synchronized void stop() {
    Process target = running("stop");
    if (paused) {
      resume();
    }
    ProcessSignals.send(launch.stopSignal(), target.pid());
    awaitEnd(List.of(target.pid()), STOP_LIMIT);
    process = null;
  }

  @Override
  public synchronized void restart() {
    requireDown("restart");
    launchProcess(false);
  }

  @Override
  public synchronized void pause() {
    List<Long> tree = frozenTree(running("pause").pid());
    paused = true;
    ProcessSignals.freeze(tree);
  }

  @Override
  public synchronized void resume() {
    long pid = running("resume").pid();
    List<Long> tree = new ArrayList<>(ProcessSignals.children(pid));
    tree.add(pid);
    ProcessSignals.send(Signal.CONT, tree);
    paused = false;
  }

  /**
   * Has the running server read the configuration that the launch writes.
   *
   * @param done what the server writes to its log when it has
   */
  @Override
  public synchronized void reload(Launch changed, String done) {
    long pid = running("reload").pid();
    long logStart = size(log);
    launch = changed;
    List<String> unused = launch.command(port);
    ProcessSignals.send(Signal.HUP, pid);
    long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
    while (!textSince(logStart).contains(done)) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "%s did not take its new configuration. The end of its log:%n%s"
                .formatted(launch.name(), tail(logStart)));
      }
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while reloading " + launch.name(), e);
      }
    }
  }

  @Override
  public synchronized Path copyData(Path target) {
    requireDown("copy the data of");
    DirectoryTree.copy(dataDirectory(), target);
    return target;
  }

  @Override
  public synchronized void replaceData(Path copy) {
    requireDown("replace the data of");
    if (!Files.isDirectory(copy)) {
      throw new IllegalArgumentException("There is no directory " + copy + " to put back");
    }
    DirectoryTree.delete(dataDirectory());
    DirectoryTree.copy(copy, dataDirectory());
    launch.dataReplaced();
  }

  @Override
  public void close() {
    if (discard()) {
      try {
        Runtime.getRuntime().removeShutdownHook(shutdownHook);
      } catch (IllegalStateException shuttingDown) {
        LOG.debug("The JVM is shutting down already", shuttingDown);
      }
    }
  }

  /** Ends the server; does not hold up the end of the JVM for a directory of very many files. */
  private void discardInTime() {
    if (end()) {
      workDirectory.close(DELETE_LIMIT);
    }
  }

  /** Ends the server and deletes its directory; false when that was done before. */
  private boolean discard() {
    if (!end()) {
      return false;
    }
    workDirectory.close();
    return true;
  }

  /** Ends the server; false when that was done before. */
  private synchronized boolean end() {
    if (closed) {
      return false;
    }
    closed = true;
    Process target = process;
    if (target != null) {
      List<Long> tree = new ArrayList<>(ProcessSignals.children(target.pid()));
      tree.add(target.pid());
      if (paused) {
        ProcessSignals.send(Signal.CONT, tree);
      }
      ProcessSignals.send(launch.discardSignal(), target.pid());
      if (!ProcessSignals.awaitEnd(tree, DISCARD_LIMIT)) {
        killTree(target);
      }
      process = null;
    }
    return true;
  }

  private Process running(String action) {
    Process current = process;
    if (current == null || closed) {
      throw new IllegalStateException(
          "Cannot %s %s: it is %s".formatted(action, launch.name(), closed ? "closed" : "down"));
    }
    return current;
  }

  private void requireDown(String action) {
    if (closed) {
      throw new IllegalStateException("Cannot " + action + " " + launch.name() + ": it is closed");
    }
    Process current = process;
    if (current != null && ProcessSignals.isAlive(current.pid())) {
      throw new IllegalStateException(
          "Cannot %s %s: it is running (process %d); call stop() or kill() first"
              .formatted(action, launch.name(), current.pid()));
    }
  }

  private String tail(long from) {
    if (!Files.exists(log)) {
      return "(no log)";
    }
    List<String> lines = textSince(from).lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
  }

  private String textSince(long from) {
    try {
      byte[] all = Files.readAllBytes(log);
      int start = (int) Math.min(from, all.length);
      return new String(all, start, all.length - start, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read " + log, e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      throw new UncheckedIOException("Could not read the size of " + file, e);
    }
  }
}
