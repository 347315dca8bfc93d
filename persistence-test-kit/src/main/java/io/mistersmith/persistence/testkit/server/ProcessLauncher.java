package io.mistersmith.persistence.testkit.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Starts child processes that do not outlive this JVM.
 *
 * <p>A shutdown hook cannot run when the JVM is killed with SIGKILL, so on Linux each child asks
 * the kernel to be killed when its parent dies (PR_SET_PDEATHSIG, set by {@code setpriv}). The
 * kernel takes the <em>thread</em> that forked as the parent, so that all children are started by
 * one thread that lives as long as the JVM: started by a test's own thread, a server would vanish
 * with it. Where there is no setpriv, only the shutdown hook remains.
 */
final class ProcessLauncher {
  private static final ExecutorService STARTER =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "persistence-process-starter");
            thread.setDaemon(true);
            return thread;
          });
  private static final List<String> DIE_WITH_PARENT = List.of("setpriv", "--pdeathsig", "KILL");

  private ProcessLauncher() {}

  /** Starts the builder's process, bound to this JVM where the platform can do it. */
  static Process start(ProcessBuilder builder) {
    if (SetprivProbe.AVAILABLE) {
      List<String> command = new ArrayList<>(DIE_WITH_PARENT);
      command.addAll(builder.command());
      builder.command(command);
    }
    try {
      return STARTER.submit(builder::start).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw new UncheckedIOException("Could not start " + builder.command(), io);
      }
      throw new IllegalStateException("Could not start " + builder.command(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while starting " + builder.command(), e);
    }
  }

  /** Asked once, and only by those who start a process. */
  private static final class SetprivProbe {
    static final boolean AVAILABLE = probe();

    private static boolean probe() {
      List<String> command = new ArrayList<>(DIE_WITH_PARENT);
      command.add("true");
      try {
        return CommandRun.run(command, Duration.ofSeconds(10)).exitCode() == 0;
      } catch (UncheckedIOException noSuchProgram) {
        return false;
      }
    }
  }
}
