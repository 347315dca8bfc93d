package io.mistersmith.persistence.examples.quickstart;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** How far the replay is: a bar on a terminal, a line for each tenth elsewhere. For one thread. */
final class Progress {

  private static final int WIDTH = 40;
  private static final long REDRAW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final PrintStream out;
  private final boolean terminal;
  private final long total;
  private long done;
  private long tenths;
  private long drawn;

  Progress(PrintStream out, boolean terminal, long total) {
    this.out = out;
    this.terminal = terminal;
    this.total = total;
  }

  /**
   * Whether standard output is a terminal that a bar can be drawn on. Asked of the shell, since
   * what System.console() tells differs between Java versions.
   */
  static boolean onTerminal() throws InterruptedException {
    if ("dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      Process test = new ProcessBuilder("sh", "-c", "test -t 1").inheritIO().start();
      return test.waitFor(5, TimeUnit.SECONDS) && test.exitValue() == 0;
    } catch (IOException e) {
      // No shell, as on Windows: lines are fine everywhere.
      return false;
    }
  }

  /** One more of the total is done. */
  void step() {
    done++;
    if (terminal) {
      long now = System.nanoTime();
      if (now - drawn > REDRAW_NANOS) {
        drawn = now;
        draw();
      }
    } else if (total > 0 && Math.min(10, done * 10 / total) > tenths) {
      tenths = done * 10 / total;
      out.printf(Locale.ROOT, "%3d %%  %,d of %,d writes%n", tenths * 10, done, total);
    }
  }

  /** Says something between two states of the bar. */
  void say(String line) {
    if (terminal) {
      out.print("\r\u001b[K");
    }
    out.println(line);
    if (terminal) {
      draw();
    }
  }

  /** Leaves the bar behind. */
  void end() {
    if (terminal) {
      draw();
      out.println();
    }
  }

  private void draw() {
    double part = total == 0 ? 1 : Math.min(1, (double) done / total);
    int filled = (int) (part * WIDTH);
    out.printf(
        Locale.ROOT,
        "\r\u001b[K[%s%s] %3d %%  %,d of %,d writes",
        "#".repeat(filled),
        ".".repeat(WIDTH - filled),
        (int) (part * 100),
        done,
        total);
    out.flush();
  }
}
