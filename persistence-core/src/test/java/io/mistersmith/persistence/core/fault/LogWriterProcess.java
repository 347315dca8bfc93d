package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.model.AgentId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A process that appends to one log until it is killed: one thread with ids, which repeats what
 * failed, and one without, which does not. It opens, says {@code ready}, and begins on request.
 * Each acknowledgement is a line {@code value version;}: a line without its end was cut off.
 */
final class LogWriterProcess {

  static final String LOG = "main";

  private LogWriterProcess() {}

  /** Arguments: the installation's four, the owner, and the prefix of the values. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err);
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Persistence persistence = open(installation)) {
      out.println("ready");
      if (orders.readLine() == null) {
        return;
      }
      Log<String> log = persistence.log(AgentId.parse(args[4]), LOG, String.class);
      AtomicBoolean open = new AtomicBoolean(true);
      List<Thread> writers = new ArrayList<>();
      for (String kind : List.of("id", "plain")) {
        Thread writer = new Thread(() -> write(log, args[5] + kind, kind.equals("id"), open, out));
        writer.start();
        writers.add(writer);
      }
      String unused = orders.readLine();
      open.set(false);
      for (Thread writer : writers) {
        writer.join();
      }
      out.println("done");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Opens a runtime that evicts early, so that the log lives in both stores. */
  static Persistence open(Installation installation) {
    FlushConfig flush =
        FlushConfig.builder()
            .leaseDuration(Duration.ofSeconds(1))
            .idleTimeToLive(Duration.ofSeconds(8))
            .sweepInterval(Duration.ofMillis(500))
            .closeDeadline(Duration.ofSeconds(20))
            .build();
    return Persistence.open(
        installation.config().toBuilder()
            .flush(flush)
            .waitForServers(Duration.ofSeconds(60))
            .build());
  }

  private static void write(
      Log<String> log, String prefix, boolean withId, AtomicBoolean open, PrintStream out) {
    int number = 0;
    while (open.get()) {
      String value = prefix + "-" + number;
      try {
        long version = withId ? log.append(value, value) : log.append(value);
        out.print(value + " " + version + ";\n");
        number++;
      } catch (PersistenceException e) {
        System.err.println("not appended " + value + ": " + e.getMessage());
        number += withId ? 0 : 1;
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
