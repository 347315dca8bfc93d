package io.mistersmith.persistence.core.contract;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.RealStores;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.testkit.contract.PersistenceFixture;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import java.io.IOException;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.postgresql.ds.PGSimpleDataSource;

/** A database and buckets of its own on the servers under test. */
final class RealServers implements PersistenceFixture {

  private static final String RUN = "c" + ProcessHandle.current().pid();
  private static final String TEMPLATE = RUN + "_template";
  private static final AtomicInteger FIXTURES = new AtomicInteger();

  private final PostgresServer postgres = TestServers.postgres();
  private final NatsServer nats = TestServers.nats();
  private final String name = RUN + "_" + FIXTURES.incrementAndGet();

  RealServers() {
    synchronized (RealServers.class) {
      if (FIXTURES.get() == 1) {
        migrate(postgres.createDatabase(TEMPLATE));
      }
      admin("CREATE DATABASE " + name + " TEMPLATE " + TEMPLATE);
    }
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
  public PersistenceConfig.Builder config() {
    String url = postgres.jdbcUrl().replaceAll("/[^/?]*(\\?.*)?$", "/" + name);
    PostgresConfig database = PostgresConfig.of(url, postgres.user());
    return PersistenceConfig.builder(
        NatsConfig.of(nats.url()).withNamePrefix(name + "-"),
        postgres.password().map(database::withPassword).orElse(database).withConnections(0, 6));
  }

  @Override
  public void elapse(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    Awaitility.await().atMost(time.plusSeconds(5)).until(() -> System.nanoTime() >= end);
  }

  @Override
  public void close() {
    deleteBuckets();
    admin("DROP DATABASE " + name + " WITH (FORCE)");
  }

  private void deleteBuckets() {
    try {
      Connection connection = Nats.connect(nats.url());
      JetStreamManagement streams = connection.jetStreamManagement();
      for (String stream : streams.getStreamNames()) {
        if (stream.startsWith("KV_" + name + "-")) {
          streams.deleteStream(stream);
        }
      }
      connection.close();
    } catch (IOException | JetStreamApiException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void migrate(String url) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(url);
    source.setUser(postgres.user());
    postgres.password().ifPresent(source::setPassword);
    MigrationRunner.of(source).apply();
  }

  private void admin(String sql) {
    try (java.sql.Connection connection =
            DriverManager.getConnection(
                postgres.jdbcUrl(), postgres.user(), postgres.password().orElse(""));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
