package io.mistersmith.persistence.testkit.server;

import java.io.IOException;

/** Starts a PostgreSQL server from a thread that ends at once, prints its pid, and stays. */
final class StartsServers {
  private StartsServers() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Thread starter =
        new Thread(
            () -> System.out.println(PostgresServer.start(PostgresOptions.defaults()).pid()));
    starter.start();
    starter.join();
    int end = System.in.read();
    System.exit(end);
  }
}
