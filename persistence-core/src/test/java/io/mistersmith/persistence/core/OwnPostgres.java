package io.mistersmith.persistence.core;

import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;

/** PostgreSQL servers that belong to one test, which may kill or pause them. */
public final class OwnPostgres {

  private static final boolean SYNC = !"false".equals(System.getProperty("persistence.test.sync"));

  private OwnPostgres() {}

  /**
   * Starts one. With {@code persistence.test.sync=false} it runs without fsync and keeps the other
   * durable settings: a commit is then in the kernel's cache, which outlives a killed process.
   * Tests vacuum by themselves: with many databases, the workers would take a tenth of the time.
   */
  public static PostgresServer start() {
    PostgresOptions options =
        PostgresOptions.defaults().withServerSetting("autovacuum_naptime", "1h");
    return PostgresServer.start(SYNC ? options : options.withServerSetting("fsync", "off"));
  }
}
