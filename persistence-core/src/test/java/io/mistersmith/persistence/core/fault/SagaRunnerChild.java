package io.mistersmith.persistence.core.fault;

import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

/** A {@link SagaRunnerProcess}, and what it has printed since its runner was started. */
final class SagaRunnerChild implements AutoCloseable {

  private static final Duration SOON = Duration.ofSeconds(60);

  /** A cell that kills a process starts another one. */
  private static final List<String> QUICK_START =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m");

  private record Line(String text, long nanos) {}

  private final ChildJvm child;
  private final List<Line> lines = new CopyOnWriteArrayList<>();
  private boolean isReady;

  private SagaRunnerChild(ChildJvm child) {
    this.child = child;
  }

  /** Starts a process, without waiting until it is ready. */
  static SagaRunnerChild start(Installation installation, int port, Path log) {
    SagaRunnerChild started =
        new SagaRunnerChild(
            ChildJvm.start(
                SagaRunnerProcess.class,
                installation.asArguments(List.of(String.valueOf(port))),
                Map.of(),
                QUICK_START,
                log));
    ChildLines unused =
        ChildLines.read(
            started.child, line -> started.lines.add(new Line(line, System.nanoTime())));
    return started;
  }

  private void awaitLine(String beginning) {
    await("a line " + beginning)
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> lines.stream().anyMatch(line -> line.text().startsWith(beginning)));
  }

  /** Starts the runner, which stops at a boundary. */
  void run(String stop) {
    if (!isReady) {
      awaitLine("ready");
      isReady = true;
    }
    lines.clear();
    child.stdin().println("run " + stop);
    awaitLine("running");
  }

  void awaitStop() {
    awaitLine("at ");
  }

  void go() {
    child.stdin().println("go");
  }

  /** Closes the runner, which ends the steps under way. */
  void closeRunner() {
    child.stdin().println("close");
    awaitLine("closed ");
  }

  /** Returns the boundaries that were passed, in their order. */
  List<String> passed() {
    return lines.stream()
        .map(Line::text)
        .filter(line -> line.startsWith("pass "))
        .map(line -> line.substring("pass ".length()))
        .distinct()
        .toList();
  }

  /** Returns when the run was claimed, by {@link System#nanoTime}. */
  Optional<Long> claimed(UUID run) {
    return lines.stream()
        .filter(line -> line.text().equals("claimed " + run))
        .map(Line::nanos)
        .findFirst();
  }

  void kill() {
    child.kill();
  }

  void pause() {
    child.pause();
  }

  void resume() {
    child.resume();
  }

  boolean isAlive() {
    return child.isAlive();
  }

  @Override
  public void close() {
    child.close();
  }
}
