package io.mistersmith.persistence.examples.quickstart;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Replays a recording with two writers, the first of which is killed half way. */
final class Replay {

  private static final int MOST_REFUSALS_TOLD = 10;

  private final WriterSettings settings;
  private final Ledger ledger;
  private final Progress progress;
  private final long half;
  private final Path log;
  private int told;

  Replay(WriterSettings settings, Ledger ledger, Progress progress, long expectedWrites, Path log) {
    this.settings = settings;
    this.ledger = ledger;
    this.progress = progress;
    this.half = Math.max(1, expectedWrites / 2);
    this.log = log;
  }

  /** How many writes the recording will be replayed as, if none is refused or made twice. */
  static long expectedWrites(List<RecordedRun> runs) {
    long writes = 0;
    for (RecordedRun run : runs) {
      for (int step = 0; step < run.steps().size(); step++) {
        writes += AgentState.ofStep(run, step).size();
      }
    }
    return writes;
  }

  /**
   * Runs to the end.
   *
   * @return how many journal entries were still not in PostgreSQL when the second writer closed
   */
  long run() throws IOException, InterruptedException {
    boolean killed = true;
    try (WriterProcess first = WriterProcess.start(settings.named("quickstart-first"), log)) {
      while (ledger.writes() < half) {
        Optional<WriterReport> report = first.next();
        if (report.isEmpty() || report.get() instanceof WriterReport.Finished) {
          killed = false;
          break;
        }
        note(report.get());
      }
      first.kill();
      for (Optional<WriterReport> said = first.next(); said.isPresent(); said = first.next()) {
        note(said.get());
      }
    }
    ledger.writerEnded();
    progress.say(
        String.format(
            Locale.ROOT,
            killed
                ? "killed the writing process (SIGKILL) after %,d acknowledged writes; a second one goes on"
                : "the writing process was done after %,d acknowledged writes; a second one looks again",
            ledger.writes()));
    return second();
  }

  private long second() throws IOException, InterruptedException {
    try (WriterProcess second = WriterProcess.start(settings.named("quickstart-second"), log)) {
      for (Optional<WriterReport> said = second.next(); said.isPresent(); said = second.next()) {
        if (said.get() instanceof WriterReport.Finished finished) {
          ledger.writerEnded();
          return finished.left();
        }
        note(said.get());
      }
    }
    throw new QuickstartException("the second writing process ended before it was done");
  }

  private void note(WriterReport report) {
    if (report instanceof WriterReport.Failed failed) {
      throw new QuickstartException("the writing process failed: " + failed.reason());
    }
    ledger.add(report);
    if (report instanceof WriterReport.Put) {
      progress.step();
    } else if (report instanceof WriterReport.Refused refused && told++ < MOST_REFUSALS_TOLD) {
      progress.say(
          "line %d, step %d was refused as %s: %s"
              .formatted(refused.run(), refused.step(), refused.error(), refused.reason()));
    }
  }
}
