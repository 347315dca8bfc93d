package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.task.TaskClaim;
import io.mistersmith.persistence.task.TaskWorker;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A process with one worker of tasks, which it runs until it is told to stop. It opens, says {@code
 * ready}, and begins on request. With the order {@code hog} the worker's runtime also keeps all
 * connections of its pool busy.
 */
final class TaskWorkerProcess {

  static final Duration LEASE = Duration.ofSeconds(2);

  private TaskWorkerProcess() {}

  /** Arguments: the installation's four, and the worker's name. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err);
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    AtomicBoolean open = new AtomicBoolean(true);
    try (Persistence persistence = open(installation)) {
      out.println("ready");
      String order = orders.readLine();
      if (order == null) {
        return;
      }
      if (order.equals("hog")) {
        for (int i = 0; i < 4; i++) {
          Thread hog = new Thread(() -> hog(persistence, open), "hog");
          hog.setDaemon(true);
          hog.start();
        }
      }
      TaskClaim claim =
          TaskClaim.of(args[4], List.of("work", "then")).withLimit(50).withLease(LEASE);
      TaskWorker worker =
          persistence
              .tasks()
              .startWorker(
                  TaskWorker.Options.of(claim, 8),
                  lease -> {
                    Thread.sleep(ThreadLocalRandom.current().nextInt(3));
                    return Map.of("n", lease.task().payload().getOrDefault("n", 0));
                  });
      String unused = orders.readLine();
      open.set(false);
      out.println("left " + worker.close(Duration.ofSeconds(20)));
    }
  }

  static Persistence open(Installation installation) {
    return Persistence.open(
        installation.config().toBuilder().waitForServers(Duration.ofSeconds(60)).build());
  }

  /** Holds a connection again and again, longer than a caller waits for one. */
  private static void hog(Persistence persistence, AtomicBoolean open) {
    while (open.get()) {
      try {
        persistence
            .transactions()
            .execute(
                TransactionOptions.of(Boundary.SINGLE_OPERATION, "hold a connection"),
                tx -> tx.query("SELECT pg_sleep(1.5)::text AS s", Map.of(), row -> "s"));
      } catch (PersistenceException e) {
        System.err.println("not held: " + e.getMessage());
      }
    }
  }
}
