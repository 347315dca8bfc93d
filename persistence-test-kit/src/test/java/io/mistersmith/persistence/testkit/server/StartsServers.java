package io.mistersmith.persistence.testkit.server;

import java.io.IOException;

/**
 * Starts the servers that its arguments name from a thread that ends at once, names their pids, and
 * stays.
 */
final class StartsServers {
  private StartsServers() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    for (String name : args) {
      Thread starter = new Thread(() -> System.out.println("pid=" + start(name)));
      starter.start();
      starter.join();
    }
    System.out.println("started");
    System.exit(Math.max(0, System.in.read()));
  }

  private static long start(String name) {
    return name.equals("postgres")
        ? PostgresServer.start(PostgresOptions.defaults()).pid()
        : NatsServer.start(NatsOptions.defaults().withLine(name)).pid();
  }
}
