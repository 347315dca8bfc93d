package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.core.OwnPostgres;
import io.mistersmith.persistence.core.fault.ChangeAudit;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.testkit.server.NatsCluster;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import java.util.List;
import java.util.stream.Collectors;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The servers under the soak, which it kills and freezes.
 *
 * @param nats one nats-server, or those of a cluster
 * @param postgres the database's server
 * @param standby follows it, and is read from
 * @param installation how processes reach them
 */
record SoakServers(
    List<NatsServer> nats,
    PostgresServer postgres,
    PostgresStandby standby,
    SoakInstallation installation)
    implements AutoCloseable {

  /** Starts PostgreSQL, a standby, and so many nats-servers: 1, 3 or 5. */
  static SoakServers start(int natsServers) {
    List<NatsServer> nats =
        natsServers == 1
            ? List.of(NatsServer.start(NatsOptions.defaults()))
            : NatsCluster.start(natsServers, NatsOptions.defaults()).servers();
    try {
      PostgresServer postgres = OwnPostgres.start();
      try {
        return start(nats, postgres);
      } catch (RuntimeException e) {
        postgres.close();
        throw e;
      }
    } catch (RuntimeException e) {
      nats.forEach(NatsServer::close);
      throw e;
    }
  }

  private static SoakServers start(List<NatsServer> nats, PostgresServer postgres) {
    String url = postgres.createDatabase("soak");
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(url);
    source.setUser(postgres.user());
    MigrationRunner runner =
        MigrationRunner.builder().dataSource(source).sets("state_search", "events").build();
    if (runner.apply() == null) {
      throw new IllegalStateException("not migrated");
    }
    PostgresStandby standby = postgres.standby("soak");
    try {
      return start(nats, postgres, standby, url);
    } catch (RuntimeException e) {
      standby.close();
      throw e;
    }
  }

  private static SoakServers start(
      List<NatsServer> nats, PostgresServer postgres, PostgresStandby standby, String url) {
    String natsUrl = nats.stream().map(NatsServer::url).collect(Collectors.joining(","));
    String replica = standby.server().host() + ":" + standby.server().port();
    SoakInstallation installation = new SoakInstallation(natsUrl, url, postgres.user(), replica);
    new Database(installation).audit();
    new ChangeAudit(url, postgres.user()).record();
    return new SoakServers(nats, postgres, standby, installation);
  }

  /** The database, past the library. */
  Database database() {
    return new Database(installation);
  }

  @Override
  public void close() {
    try (postgres;
        standby) {
      nats.forEach(NatsServer::close);
    }
  }
}
