package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import org.postgresql.ds.PGSimpleDataSource;

/** The servers under the soak, which it kills and freezes. */
record SoakServers(NatsServer nats, PostgresServer postgres, SoakInstallation installation)
    implements AutoCloseable {

  static SoakServers start() {
    NatsServer nats = NatsServer.start(NatsOptions.defaults());
    try {
      PostgresServer postgres = PostgresServer.start(PostgresOptions.defaults());
      try {
        return start(nats, postgres);
      } catch (RuntimeException e) {
        postgres.close();
        throw e;
      }
    } catch (RuntimeException e) {
      nats.close();
      throw e;
    }
  }

  private static SoakServers start(NatsServer nats, PostgresServer postgres) {
    String url = postgres.createDatabase("soak");
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(url);
    source.setUser(postgres.user());
    if (MigrationRunner.of(source).apply() == null) {
      throw new IllegalStateException("not migrated");
    }
    SoakInstallation installation = new SoakInstallation(nats.url(), url, postgres.user());
    new Database(installation).audit();
    return new SoakServers(nats, postgres, installation);
  }

  @Override
  public void close() {
    try (nats) {
      postgres.close();
    }
  }
}
