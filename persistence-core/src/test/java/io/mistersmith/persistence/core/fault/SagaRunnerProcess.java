package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.RealStores;
import io.mistersmith.persistence.saga.SagaRunner;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * A process that runs sagas. It opens, prints {@code ready}, and takes orders: {@code run NAME}
 * starts a runner, which stops at the boundary with this name (see {@link SagaStops}), {@code go}
 * lets it go on, {@code close} closes the runner. The first and the last one are answered.
 */
final class SagaRunnerProcess {

  static final SagaRunner.Options OPTIONS =
      SagaRunner.Options.of(4).withPoll(Duration.ofMillis(100));

  static final int ATTEMPTS = 8;

  private SagaRunnerProcess() {}

  /** Arguments: the installation's four, and the port of the participant. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err);
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    TripSagas sagas = new TripSagas(Integer.parseInt(args[4]), ATTEMPTS);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    SagaStops stops = new SagaStops(RealStores.provider(), line -> print(out, line));
    try (Persistence persistence =
        Persistence.open(
            installation.config().toBuilder()
                .postgres(postgres -> postgres.connections(1, 6))
                .waitForServers(Duration.ofSeconds(60))
                .build(),
            stops)) {
      print(out, "ready");
      Optional<SagaRunner> runner = Optional.empty();
      for (String order = orders.readLine(); order != null; order = orders.readLine()) {
        if (order.startsWith("run ")) {
          stops.stopAt(order.substring("run ".length()));
          runner = Optional.of(persistence.sagas().startRunner(OPTIONS, sagas.all()));
          print(out, "running");
        } else if (order.equals("go")) {
          stops.go();
        } else {
          stops.go();
          print(out, "closed " + runner.orElseThrow().close(Duration.ofSeconds(20)));
        }
      }
    }
  }

  private static void print(PrintStream out, String line) {
    synchronized (out) {
      out.print(line + "\n");
      out.flush();
    }
  }
}
