package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A database of a server, and short ways to query it. */
final class TestDatabase {
  private final PGSimpleDataSource dataSource;

  TestDatabase(PostgresServer server) {
    this(MigratedDatabases.empty(server));
  }

  private TestDatabase(PGSimpleDataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** A database with the core set and others. */
  static TestDatabase migrated(PostgresServer server, String... sets) throws SQLException {
    return new TestDatabase(MigratedDatabases.migrated(server, sets));
  }

  DataSource dataSource() {
    return dataSource;
  }

  Connection connect() throws SQLException {
    return dataSource.getConnection();
  }

  /** The database for a role that may log in without a password, with settings of its own. */
  DataSource dataSourceOf(String role, String options) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setURL(dataSource.getURL());
    source.setUser(role);
    source.setPassword(dataSource.getPassword());
    source.setOptions(options);
    return source;
  }

  RoleSession connectAs(String role, String options) throws SQLException {
    return new RoleSession(dataSourceOf(role, options).getConnection());
  }

  void execute(String sql) throws SQLException {
    KeptSessions.of(this)
        .run(
            connection -> {
              try (Statement statement = connection.createStatement()) {
                statement.setEscapeProcessing(false);
                return statement.execute(sql);
              }
            });
  }

  /** The first column of each row as text, in a session that has run some statements before. */
  List<String> query(String sql, String... before) throws SQLException {
    return KeptSessions.of(this)
        .run(
            connection -> {
              try (Statement statement = connection.createStatement()) {
                for (String first : before) {
                  statement.execute(first);
                }
              }
              return query(connection, sql);
            });
  }

  /** The first column of each row as text. */
  static List<String> query(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (rows.next()) {
        values.add(String.valueOf(rows.getString(1)));
      }
      return values;
    }
  }

  /** Version and status of each row of the history. */
  List<String> history() throws SQLException {
    return query(
        "SELECT version || ' ' || status FROM migrations.applied_migrations ORDER BY version");
  }

  List<String> advisoryLocks() throws SQLException {
    return query(
        """
        SELECT pid FROM pg_locks
         WHERE locktype = 'advisory'
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """);
  }
}
