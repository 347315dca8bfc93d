package io.mistersmith.persistence.core.contract;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.OwnPostgres;
import io.mistersmith.persistence.core.RealStores;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.testkit.contract.ReplicaReadsContract;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.PostgresStandby;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.postgresql.ds.PGSimpleDataSource;

/** A database and buckets of its own; the database is on a server that a standby follows. */
final class ReplicatedServers implements ReplicaReadsContract.Fixture {

  private static final String RUN = "r" + ProcessHandle.current().pid();
  private static final AtomicInteger FIXTURES = new AtomicInteger();
  private static final Duration HOUR = Duration.ofHours(1);

  private final Pair servers;
  private final String name = RUN + "_" + FIXTURES.incrementAndGet();
  private final String database;

  /** A primary with a migrated template, and its standby. They end with the JVM. */
  record Pair(PostgresServer primary, PostgresStandby standby) implements AutoCloseable {

    static Pair start() {
      PostgresServer primary = OwnPostgres.start();
      PGSimpleDataSource source = new PGSimpleDataSource();
      source.setUrl(primary.createDatabase("template"));
      source.setUser(primary.user());
      MigrationRunner.of(source).apply();
      return new Pair(primary, primary.standby("replica"));
    }

    @Override
    public void close() {
      standby.close();
      primary.close();
    }
  }

  ReplicatedServers(Pair servers) {
    this.servers = servers;
    this.database = servers.primary().copyDatabase("template", name);
  }

  @Override
  public Persistence open(PersistenceConfig config) {
    return Persistence.open(config);
  }

  @Override
  public Persistence open(PersistenceConfig config, Faults faults) {
    return Persistence.open(config, new FaultyStores(RealStores.provider(), faults));
  }

  @Override
  public Stores stores(PersistenceConfig config) {
    return RealStores.provider().open(config);
  }

  /** A replica may be an hour behind, so that one whose replay is paused is read from. */
  @Override
  public PersistenceConfig.Builder config() {
    PostgresServer standby = servers.standby().server();
    return PersistenceConfig.builder(
        NatsConfig.builder(TestServers.nats().url()).namePrefix(name + "-").build(),
        PostgresConfig.builder(database, servers.primary().user())
            .connections(0, 4)
            .replica(
                replica -> replica.host(standby.host() + ":" + standby.port()).connections(0, 4))
            .maxReplicaLag(HOUR)
            .build());
  }

  @Override
  public void elapse(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    Awaitility.await().atMost(time.plusSeconds(5)).until(() -> System.nanoTime() >= end);
  }

  @Override
  public void pauseReplica() {
    servers.standby().awaitReplayOf(servers.primary());
    servers.standby().pauseReplay();
  }

  @Override
  public void resumeReplica() {
    servers.standby().resumeReplay();
  }

  @Override
  public void close() {
    servers.standby().resumeReplay();
  }
}
