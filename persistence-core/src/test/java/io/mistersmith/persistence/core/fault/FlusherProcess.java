package io.mistersmith.persistence.core.fault;

import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A process that flushes and believes at all times that it leads. It says {@code holding} when it
 * has a batch in hand, and applies it on request; then it prints the outcome of its batches.
 */
final class FlusherProcess {

  private FlusherProcess() {}

  /** Arguments: the installation's four. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err);
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    AlwaysLeading stores =
        new AlwaysLeading(
            () -> {
              out.println("holding");
              if (!order(orders).equals("apply")) {
                throw new IllegalStateException("the flusher's test is over");
              }
            });
    try (Persistence persistence =
        Persistence.open(
            installation.config().toBuilder()
                .flush(
                    FlushConfig.builder()
                        .leaseDuration(Duration.ofMillis(500))
                        .closeDeadline(Duration.ofSeconds(1))
                        .build())
                .build(),
            stores)) {
      persistence.operations().deadLetters().count();
      await().atMost(Duration.ofMinutes(2)).until(() -> stores.refused() > 0);
      out.println("applied " + stores.applied() + " refused " + stores.refused());
    }
  }

  private static String order(BufferedReader orders) {
    try {
      return String.valueOf(orders.readLine());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
