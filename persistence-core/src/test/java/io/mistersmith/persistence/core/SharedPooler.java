package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.PostgresConfig.Pooler;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.testkit.server.PgBouncerServer;
import io.mistersmith.persistence.testkit.server.TestServers;

/** The way to the server that all tests share through a PgBouncer, which ends with the JVM. */
public final class SharedPooler {

  private static final int SERVER_CONNECTIONS = 12;

  private SharedPooler() {}

  /** Started at the first use. */
  private static final class Started {
    static final PgBouncerServer POOLER =
        PgBouncerServer.start(
            TestServers.postgres(), PgBouncerServer.Mode.TRANSACTION, SERVER_CONNECTIONS);
  }

  /** Returns the configuration with which runtimes go through the pooler, and say so. */
  public static PostgresConfig declared(PostgresConfig direct) {
    return through(direct, Started.POOLER).toBuilder().pooler(Pooler.TRANSACTION).build();
  }

  /** Returns a configuration that leads to the same database through a pooler. */
  public static PostgresConfig through(PostgresConfig direct, PgBouncerServer pooler) {
    String url = direct.jdbcUrl();
    return direct.toBuilder()
        .jdbcUrl(pooler.jdbcUrl(url.substring(url.lastIndexOf('/') + 1)))
        .user(pooler.user())
        .password(pooler.password())
        .role(PostgresRole.MIGRATION, role -> role.jdbcUrl(url))
        .build();
  }
}
