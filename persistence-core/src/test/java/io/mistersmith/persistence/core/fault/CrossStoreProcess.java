package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.RealStores;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.saga.CrossStore;
import io.mistersmith.persistence.saga.CrossStoreOptions;
import io.mistersmith.persistence.saga.CrossStoreOptions.Strategy;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.state.StateType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/**
 * A process that commits one transaction over both stores. It opens and prints {@code ready}. At
 * the order {@code run STRATEGY NUMBER STOP} it adds the row of the number and changes its entry,
 * and stops at the boundary (see {@link SagaStops}) until the order {@code go}. At the end it
 * prints {@code committed}, or {@code failed} and the code.
 */
final class CrossStoreProcess {

  static final StateType<String> ENTRIES = StateType.of("crossed", String.class);

  private CrossStoreProcess() {}

  static AgentId owner(int number) {
    return AgentId.external("crossed-" + number);
  }

  /** Arguments: the installation's four. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err);
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    SagaStops stops = new SagaStops(RealStores.provider(), line -> print(out, line));
    try (Persistence persistence =
        Persistence.open(
            installation.config().toBuilder().waitForServers(Duration.ofSeconds(60)).build(),
            stops)) {
      CrossStore crossStore = persistence.crossStore();
      print(out, "ready");
      for (String order = orders.readLine(); order != null; order = orders.readLine()) {
        if (order.equals("go")) {
          stops.go();
          continue;
        }
        String[] words = order.split(" ", 4);
        stops.stopAt(words[3]);
        Thread worker =
            new Thread(
                () -> print(out, run(crossStore, Strategy.valueOf(words[1]), words[2])),
                "crossing");
        worker.setDaemon(true);
        worker.start();
      }
    }
  }

  private static String run(CrossStore crossStore, Strategy strategy, String number) {
    try {
      int rows =
          crossStore.run(
              CrossStoreOptions.of(strategy, "cross " + number),
              both -> {
                both.write(
                    EntryChange.put(ENTRIES, owner(Integer.parseInt(number)), "entry", "new"));
                return both.transaction()
                    .update(
                        "INSERT INTO public.crossed (number) VALUES (CAST(:number AS int))",
                        Map.of("number", number));
              });
      return "committed " + rows;
    } catch (PersistenceException e) {
      return "failed " + e.error();
    }
  }

  private static void print(PrintStream out, String line) {
    synchronized (out) {
      out.print(line + "\n");
      out.flush();
    }
  }
}
