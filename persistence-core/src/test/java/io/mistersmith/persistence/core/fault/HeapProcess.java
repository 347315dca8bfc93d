package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A process that writes 100,000 entries of 1 kB to keys of their own, more than its heap holds, and
 * says after the first 10,000 and after all how much heap is used.
 */
final class HeapProcess {

  private static final String KILOBYTE = "x".repeat(1_000);
  private static final int WINDOW = 500;

  private HeapProcess() {}

  /** Arguments: the installation's four, and the agent's id. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err);
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Persistence persistence =
        Persistence.open(installation.config().toBuilder().knownRevisions(5_000).build())) {
      StateRepository<String> states = persistence.states(String.class);
      out.println("ready");
      while (true) {
        String order = orders.readLine();
        if (order == null || order.equals("close")) {
          out.println(persistence.close(Duration.ofSeconds(60)));
          return;
        }
        String[] range = order.split(" ", 2);
        write(
            states, AgentId.parse(args[4]), Integer.parseInt(range[0]), Integer.parseInt(range[1]));
        out.println(usedHeap());
      }
    }
  }

  private static void write(StateRepository<String> states, AgentId agent, int from, int to) {
    for (int first = from; first < to; first += WINDOW) {
      List<CompletableFuture<?>> writes = new ArrayList<>();
      for (int i = first; i < first + WINDOW; i++) {
        writes.add(
            states.saveAsync(
                StateKey.of(agent, "key-" + i), KILOBYTE + i, SaveOptions.unconditional()));
      }
      CompletableFuture.allOf(writes.toArray(CompletableFuture[]::new)).join();
    }
  }

  private static long usedHeap() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
    return least;
  }
}
