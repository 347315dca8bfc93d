package io.mistersmith.persistence.migration.internal.verify;

import io.mistersmith.persistence.migration.internal.jdbc.SqlStates;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import java.util.function.Function;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An empty database beside another one, until closed. */
final class ScratchDatabase implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScratchDatabase.class);

  private static final String INSUFFICIENT_PRIVILEGE = "42501";

  private final DataSource beside;
  private final String name;
  private final DataSource dataSource;

  private ScratchDatabase(DataSource beside, String name, DataSource dataSource) {
    this.beside = beside;
    this.name = name;
    this.dataSource = dataSource;
  }

  /**
   * Makes it.
   *
   * @param beside a database of the same server
   * @param databases how to get at a database of that server by name
   */
  static ScratchDatabase create(DataSource beside, Function<String, DataSource> databases) {
    String name = "migrations_scratch_" + UUID.randomUUID().toString().replace("-", "");
    try {
      execute(beside, "CREATE DATABASE " + name + " TEMPLATE template0");
      return new ScratchDatabase(beside, name, databases.apply(name));
    } catch (SQLException e) {
      if (INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
        throw new MigrationException(
            Kind.REFUSED,
            "This role may not create the scratch database: ALTER ROLE … CREATEDB, or verify as"
                + " another role or on another server",
            e);
      }
      throw SqlStates.failure("Could not create a scratch database", e);
    }
  }

  DataSource dataSource() {
    return dataSource;
  }

  @Override
  public void close() {
    try {
      execute(beside, "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    } catch (SQLException e) {
      LOG.warn("Drop the scratch database {} by hand: {}", name, SqlStates.describe(e));
    }
  }

  // The name cannot be a parameter; it is made here of letters, digits and underscores.
  private static void execute(DataSource dataSource, String sql) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(true);
      statement.execute(sql);
    }
  }
}
