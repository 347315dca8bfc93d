package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.BackupProgress;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Prints progress and speed: on a terminal one line that changes, elsewhere a line every ten
 * seconds, and in both the end of each step. Called by one thread at a time.
 */
final class ProgressLines implements BackupProgress {

  private static final long PAUSE_NANOS = Duration.ofSeconds(10).toNanos();

  private final PrintWriter err;
  private final boolean terminal;
  private String shown = "";
  private String step = "";
  private long printedAt;

  ProgressLines(PrintWriter err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  /**
   * Whether standard error is a terminal. Asked of the shell, since what System.console() tells
   * differs between Java versions.
   */
  static boolean onTerminal() {
    if ("dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      Process test = new ProcessBuilder("sh", "-c", "test -t 2").inheritIO().start();
      return test.waitFor(5, TimeUnit.SECONDS) && test.exitValue() == 0;
    } catch (IOException e) {
      return false; // no shell, as on Windows: lines are fine everywhere
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void report(Step now) {
    if (!step.equals(now.what())) {
      step = now.what();
      printedAt = System.nanoTime();
    }
    String line = line(now);
    if (terminal) {
      String rest = " ".repeat(Math.max(0, shown.length() - line.length()));
      err.print("\r" + line + rest + (now.ended() ? System.lineSeparator() : ""));
      shown = now.ended() ? "" : line;
    } else if (now.ended() || System.nanoTime() - printedAt >= PAUSE_NANOS) {
      err.println(line);
      printedAt = System.nanoTime();
    }
    err.flush();
  }

  static String line(Step step) {
    String of = step.total() > 0 && !step.ended() ? " of " + megabytes(step.total()) : "";
    return "%s%s: %s%s, %s/s"
        .formatted(
            step.what(),
            step.ended() ? " done" : "",
            megabytes(step.done()),
            of,
            megabytes((long) step.bytesPerSecond()));
  }

  static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
