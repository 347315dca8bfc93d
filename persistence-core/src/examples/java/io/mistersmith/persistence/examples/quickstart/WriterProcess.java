package io.mistersmith.persistence.examples.quickstart;

import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A writing process as the one that started it sees it. For one thread. */
final class WriterProcess implements AutoCloseable {

  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(90);
  private static final Optional<String> END = Optional.empty();

  private final ChildJvm jvm;
  private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();

  private WriterProcess(ChildJvm jvm) {
    this.jvm = jvm;
    Thread reader = new Thread(this::readLines, "quickstart-reports");
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts a writer; what it logs is appended to {@code log}. */
  static WriterProcess start(WriterSettings settings, Path log) throws IOException {
    ChildJvm jvm =
        ChildJvm.start(
            Writer.class,
            List.of(),
            Map.of("logback.configurationFile", Quickstart.LOG_CONFIGURATION),
            log);
    jvm.stdin().println(settings.line());
    return new WriterProcess(jvm);
  }

  /**
   * The next report; empty when the process has ended and all it said was read.
   *
   * @throws QuickstartException when it says nothing for too long
   */
  Optional<WriterReport> next() throws InterruptedException {
    while (true) {
      Optional<String> line = lines.poll(LONGEST_SILENCE.toMillis(), TimeUnit.MILLISECONDS);
      if (line == null) {
        throw new QuickstartException(
            "the writing process has said nothing for " + LONGEST_SILENCE.toSeconds() + " s");
      }
      if (line.isEmpty()) {
        return Optional.empty();
      }
      Optional<WriterReport> report = WriterReport.parse(line.get());
      if (report.isPresent()) {
        return report;
      }
    }
  }

  /** SIGKILL: the process gets no chance to do anything. */
  void kill() {
    jvm.kill();
  }

  @Override
  public void close() {
    jvm.close();
  }

  private void readLines() {
    try {
      BufferedReader out = jvm.stdout();
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(Optional.of(line));
      }
    } catch (IOException e) {
      lines.add(Optional.of(new WriterReport.Failed("its reports cannot be read: " + e).line()));
    }
    lines.add(END);
  }
}
