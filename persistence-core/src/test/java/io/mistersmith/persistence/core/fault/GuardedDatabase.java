package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.migration.MigrationRunner;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A database with the optional sets audit and tenants, and logins that are no superusers.
 *
 * @param servers where it is
 * @param name the name of the database, and of its buckets' prefix
 * @param url its JDBC URL
 */
record GuardedDatabase(FaultServers servers, String name, String url) {

  static final String RUNTIME = "it_guarded_runtime";
  static final String APPLICATION = "it_guarded_application";

  static GuardedDatabase create(FaultServers servers, String name) throws SQLException {
    GuardedDatabase database =
        new GuardedDatabase(servers, name, servers.postgres().createDatabase(name));
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(database.url);
    source.setUser(servers.postgres().user());
    MigrationRunner.builder().dataSource(source).sets("audit", "tenants").build().apply();
    database.execute(
        "CREATE ROLE %s LOGIN IN ROLE app_flusher; CREATE ROLE %s LOGIN IN ROLE app_tenant"
            .formatted(RUNTIME, APPLICATION));
    return database;
  }

  /** A runtime whose connections name this tenant. All share their buckets. */
  Persistence open(UUID tenant) {
    return Persistence.open(
        PersistenceConfig.builder(
                NatsConfig.builder(servers.nats().url()).namePrefix(name + "-").build(),
                PostgresConfig.builder(of(tenant), RUNTIME).connections(1, 2).build())
            .flush(FlushConfig.builder().leaseDuration(Duration.ofSeconds(1)).build())
            .build());
  }

  private String of(UUID tenant) {
    return url + (url.contains("?") ? "&" : "?") + "options=-c%20app.current_tenant_id=" + tenant;
  }

  /** The first column of what an application's session of this tenant is answered. */
  List<String> queryAs(UUID tenant, String sql) throws SQLException {
    return query(DriverManager.getConnection(of(tenant), APPLICATION, ""), sql);
  }

  /** The first column of what the superuser is answered. */
  List<String> query(String sql) throws SQLException {
    return query(DriverManager.getConnection(url, servers.postgres().user(), ""), sql);
  }

  private static List<String> query(Connection own, String sql) throws SQLException {
    try (Connection connection = own;
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (row.next()) {
        values.add(String.valueOf(row.getString(1)));
      }
      return values;
    }
  }

  void execute(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url, servers.postgres().user(), "");
        Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(false);
      statement.execute(sql);
    }
  }
}
