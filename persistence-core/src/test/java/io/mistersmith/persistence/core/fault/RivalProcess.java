package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A process of two writers, whose clock is wrong. It says {@code ready}; then each order {@code
 * rivalry agent writes} is answered with what the writers were told, and {@code done}.
 */
final class RivalProcess {

  private static final int WRITERS = 2;

  /** The key that all write. */
  static final String KEY = "contested";

  private RivalProcess() {}

  /**
   * Arguments: the installation's four, this process's name, and by how much its clock is wrong.
   */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err); // what is logged must not mix with the answers
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    Clock wrong = Clock.offset(Clock.systemUTC(), Duration.parse(args[5]));
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Persistence persistence =
        Persistence.open(installation.config().toBuilder().clock(wrong).build())) {
      out.println("ready");
      for (String order = orders.readLine(); order != null; order = orders.readLine()) {
        obey(order.split(" "), persistence, args[4], out);
        out.println("done");
      }
    }
  }

  private static void obey(
      String[] order, Persistence persistence, String process, PrintStream out) {
    Rivalry rivalry = Rivalry.valueOf(order[0]);
    StateKey key = StateKey.of(AgentId.parse(order[1]), KEY);
    int writes = Integer.parseInt(order[2]);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      String name = process + "w" + i;
      Rival rival = new Rival(persistence, key, name, i % 2 == 1, line -> say(out, name, line));
      Thread thread = new Thread(() -> rivalry.write(rival, writes), "fault-rival-" + name);
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
    threads.forEach(RivalProcess::join);
  }

  private static void say(PrintStream out, String name, String line) {
    out.println(name + " " + line);
  }

  private static void join(Thread thread) {
    try {
      thread.join(Duration.ofMinutes(2).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
