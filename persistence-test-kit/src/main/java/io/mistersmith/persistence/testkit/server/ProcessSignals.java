package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Sends POSIX signals by process id, and waits for processes that need not be our children. */
final class ProcessSignals {
  private static final Duration COMMAND_LIMIT = Duration.ofSeconds(10);
  private static final long POLL_MILLIS = 5;

  private ProcessSignals() {}

  /** A signal by the name that {@code kill} knows. */
  enum Signal {
    HUP,
    STOP,
    CONT,
    KILL,
    INT,
    QUIT,
    TERM,
    USR2
  }

  /** Sends the signal to each process; one that has gone meanwhile is no error. */
  static void send(Signal signal, Collection<Long> pids) {
    if (pids.isEmpty()) {
      return;
    }
    // The shell's built-in kill: slim images have no kill program.
    List<String> command = new ArrayList<>();
    command.add("sh");
    command.add("-c");
    command.add("for p in \"$@\"; do kill -" + signal + " \"$p\" || exit 1; done");
    command.add("sh");
    pids.forEach(pid -> command.add(Long.toString(pid)));
    CommandRun.Result result = CommandRun.run(command, COMMAND_LIMIT);
    if (result.exitCode() != 0 && pids.stream().anyMatch(ProcessSignals::isAlive)) {
      pids.forEach(pid -> sendToOne(signal, pid));
    }
  }

  static void send(Signal signal, long pid) {
    send(signal, List.of(pid));
  }

  /**
   * Freezes the processes with SIGSTOP and waits until each of their threads has stopped: {@code
   * kill} returns before that, and a busy machine lets a thread answer meanwhile.
   */
  static void freeze(Collection<Long> pids) {
    send(Signal.STOP, pids);
    if (!await(() -> pids.stream().allMatch(ProcessSignals::isFrozen), COMMAND_LIMIT)) {
      throw new IllegalStateException(
          "Processes %s did not stop within %d s of SIGSTOP"
              .formatted(pids, COMMAND_LIMIT.toSeconds()));
    }
  }

  /** Whether all threads have stopped, or the process has ended. */
  static boolean isFrozen(long pid) {
    Path tasks = Path.of("/proc", Long.toString(pid), "task");
    if (!isAlive(pid)) {
      return true;
    }
    if (!Files.isDirectory(tasks)) {
      return CommandRun.run(List.of("ps", "-o", "stat=", "-p", Long.toString(pid)), COMMAND_LIMIT)
          .output()
          .startsWith("T");
    }
    try (Stream<Path> each = Files.list(tasks)) {
      return each.allMatch(task -> state(task.resolve("stat"), 'T') == 'T');
    } catch (IOException goneMeanwhile) {
      return !isAlive(pid);
    }
  }

  private static void sendToOne(Signal signal, long pid) {
    CommandRun.Result result =
        CommandRun.run(
            List.of("sh", "-c", "kill -" + signal + " \"$1\"", "sh", Long.toString(pid)),
            COMMAND_LIMIT);
    if (result.exitCode() != 0 && isAlive(pid)) {
      throw new IllegalStateException(
          "Could not send SIG" + signal + " to process " + pid + ": " + result.output());
    }
  }

  /** Returns whether the process has not ended; a zombie that is not reaped yet has ended. */
  static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false) && !isZombie(pid);
  }

  private static boolean isZombie(long pid) {
    Path stat = Path.of("/proc", Long.toString(pid), "stat");
    return Files.isReadable(stat) && state(stat, 'Z') == 'Z';
  }

  /** Reads the letter of the state from a {@code stat} file of Linux's {@code /proc}. */
  private static char state(Path stat, char whenGone) {
    try {
      String line = Files.readString(stat);
      return line.charAt(line.lastIndexOf(')') + 2);
    } catch (IOException goneMeanwhile) {
      return whenGone;
    }
  }

  static List<Long> children(long pid) {
    return ProcessHandle.of(pid).stream()
        .flatMap(ProcessHandle::children)
        .map(ProcessHandle::pid)
        .toList();
  }

  /** Waits until all of the processes have ended; false when the limit passes first. */
  static boolean awaitEnd(Collection<Long> pids, Duration limit) {
    return await(() -> pids.stream().noneMatch(ProcessSignals::isAlive), limit);
  }

  private static boolean await(BooleanSupplier condition, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while waiting for processes", e);
      }
    }
    return true;
  }
}
