package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.ChangeFeedConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * A process that publishes changes. It opens, prints {@code ready}, and ends with the next line of
 * its input.
 */
final class RelayProcess {

  static final Duration LEASE = ChangeFeedConfig.defaults().leaseDuration();

  private RelayProcess() {}

  /** Arguments: the installation's four. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err);
    Installation installation = new Installation(args[0], args[1], args[2], args[3]);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Persistence persistence = open(installation, ChangeFeedConfig.defaults())) {
      out.println("ready");
      String unused = orders.readLine();
      List<String> notices = persistence.operations().notices();
      out.println("state " + persistence.changes().state() + " " + notices);
    }
  }

  static Persistence open(Installation installation, ChangeFeedConfig feed) {
    return Persistence.open(
        installation.config().toBuilder()
            .waitForServers(Duration.ofSeconds(60))
            .changeFeed(feed)
            .build());
  }
}
