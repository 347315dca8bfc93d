package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import io.nats.client.Nats;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The servers of a run, and one database on them. JMH's forks find it in system properties.
 *
 * @param natsUrl the nats-server
 * @param jdbcUrl the database
 * @param user the role to connect as
 * @param password its password, or nothing
 */
record Site(String natsUrl, String jdbcUrl, String user, String password) {

  private static final String PROPERTY = "bench.site.";

  /** Starts servers, or takes those of the environment, and makes a database. */
  static Site start() {
    PostgresServer postgres = TestServers.postgres();
    NatsServer nats = TestServers.nats();
    String database = "bench_" + ProcessHandle.current().pid();
    Site site =
        new Site(
            nats.url().split(",", 2)[0],
            postgres.createDatabase(database),
            postgres.user(),
            postgres.password().orElse(""));
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(site.jdbcUrl);
    source.setUser(site.user);
    source.setPassword(site.password);
    int applied = MigrationRunner.of(source).apply().applied().size();
    System.err.printf(
        "bench: PostgreSQL %s, nats-server %s, %d migrations applied%n",
        postgres.version(), nats.version(), applied);
    System.setProperty(PROPERTY + "nats", site.natsUrl);
    System.setProperty(PROPERTY + "jdbc", site.jdbcUrl);
    System.setProperty(PROPERTY + "user", site.user);
    System.setProperty(PROPERTY + "password", site.password);
    return site;
  }

  /** The site that this process was told of. */
  static Site present() {
    return new Site(property("nats"), property("jdbc"), property("user"), property("password"));
  }

  private static String property(String name) {
    return Objects.requireNonNull(System.getProperty(PROPERTY + name), PROPERTY + name);
  }

  /** Returns a site on the same servers whose database has optional sets of migrations. */
  Site withSets(String... sets) {
    String database = "bench_" + ProcessHandle.current().pid() + "_" + String.join("_", sets);
    Site site = new Site(natsUrl, TestServers.postgres().createDatabase(database), user, password);
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(site.jdbcUrl);
    source.setUser(user);
    source.setPassword(password);
    int applied =
        MigrationRunner.builder().dataSource(source).sets(sets).build().apply().applied().size();
    System.err.printf("bench: %s: %d migrations applied%n", database, applied);
    return site;
  }

  /** Returns the system properties from which a forked JVM finds this site. */
  List<String> asProperties() {
    return List.of(
        "-D" + PROPERTY + "nats=" + natsUrl,
        "-D" + PROPERTY + "jdbc=" + jdbcUrl,
        "-D" + PROPERTY + "user=" + user,
        "-D" + PROPERTY + "password=" + password);
  }

  /** The configuration of a runtime whose buckets have this prefix. */
  PersistenceConfig.Builder config(String prefix) {
    PostgresConfig postgres = PostgresConfig.builder(jdbcUrl, user).connections(1, 4).build();
    return PersistenceConfig.builder(
        NatsConfig.builder(natsUrl).namePrefix(prefix).build(),
        password.isEmpty() ? postgres : postgres.toBuilder().password(password).build());
  }

  /** A connection as a caller of jnats would open it. */
  io.nats.client.Connection nats() {
    try {
      return Nats.connect(natsUrl);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  static void close(io.nats.client.Connection connection) {
    try {
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  Connection postgres() throws SQLException {
    return DriverManager.getConnection(jdbcUrl, user, password);
  }
}
