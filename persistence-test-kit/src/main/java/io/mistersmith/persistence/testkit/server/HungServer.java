package io.mistersmith.persistence.testkit.server;

import io.mistersmith.persistence.testkit.server.ProcessSignals.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Finds out what a server is doing that does not become ready. */
final class HungServer {

  private static final Duration DUMP_LIMIT = Duration.ofSeconds(5);

  private HungServer() {}

  /**
   * Has the server write to its log where its threads are, if it can, and keeps a copy of the log,
   * which else goes with the server.
   */
  static Path keepLog(Launch launch, Process process, Path log) {
    Optional<Signal> dump = launch.dumpSignal();
    if (dump.isPresent()) {
      ProcessSignals.send(dump.get(), process.pid());
      boolean unused = ProcessSignals.awaitEnd(List.of(process.pid()), DUMP_LIMIT);
    }
    try {
      Path kept = Files.createTempFile("persistence-server-not-ready-", ".log");
      return Files.copy(log, kept, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("Could not keep the log " + log, e);
    }
  }
}
