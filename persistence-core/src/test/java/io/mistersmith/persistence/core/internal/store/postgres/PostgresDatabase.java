package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.KeptPools;
import io.mistersmith.persistence.core.KeptSession;
import io.mistersmith.persistence.core.MigratedDatabase;
import io.mistersmith.persistence.core.OwnPostgres;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.postgresql.ds.PGSimpleDataSource;

/** A migrated database of its own on the server that all tests share. */
final class PostgresDatabase {

  private final PostgresServer server;
  private final String jdbcUrl;

  private PostgresDatabase(PostgresServer server, String jdbcUrl) {
    this.server = server;
    this.jdbcUrl = jdbcUrl;
  }

  /** A copy of one that is migrated once a process. */
  static PostgresDatabase create() {
    return new PostgresDatabase(TestServers.postgres(), MigratedDatabase.create());
  }

  /** A copy with optional sets of migrations. */
  static PostgresDatabase create(String... sets) {
    PostgresDatabase database = create();
    database.migrate(sets);
    return database;
  }

  static PostgresDatabase createEmpty() {
    return createEmpty(TestServers.postgres());
  }

  private static PostgresDatabase createEmpty(PostgresServer server) {
    String name = "store_" + UUID.randomUUID().toString().replace('-', '_');
    return new PostgresDatabase(server, server.createDatabase(name));
  }

  /** A migrated database on a server of its own, for tests that do things to the server. */
  static Own startOwn() {
    PostgresServer server = OwnPostgres.start();
    PostgresDatabase database = createEmpty(server);
    database.migrate();
    return new Own(server, database);
  }

  record Own(PostgresServer server, PostgresDatabase database) implements AutoCloseable {
    @Override
    public void close() {
      server.close();
    }
  }

  private void migrate(String... sets) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(jdbcUrl);
    source.setUser(server.user());
    server.password().ifPresent(source::setPassword);
    MigrationRunner.builder().dataSource(source).sets(sets).build().apply();
  }

  PostgresConfig config() {
    PostgresConfig config = PostgresConfig.of(jdbcUrl, server.user());
    return server
        .password()
        .map(secret -> config.toBuilder().password(secret).build())
        .orElse(config);
  }

  /** The pool of the database that all tests use. */
  ApplicationSources keptPool() {
    return KeptPools.sources(server, jdbcUrl);
  }

  PostgresStore open() {
    return open(config());
  }

  static PostgresStore open(PostgresConfig config) {
    return PostgresStore.open(
        PersistenceConfig.builder(NatsConfig.of("nats://unused.invalid"), config).build());
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(jdbcUrl, server.user(), server.password().orElse(""));
  }

  void execute(String sql) {
    session().execute(sql);
  }

  /** The first column of what a query answers. */
  List<String> query(String sql) {
    return session().query(sql);
  }

  private KeptSession session() {
    return new KeptSession(jdbcUrl, server.user(), server.password().orElse(""));
  }
}
