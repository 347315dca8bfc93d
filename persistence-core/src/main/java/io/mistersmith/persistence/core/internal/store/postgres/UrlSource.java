package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.RoleConfig;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Properties;

/** Connects a pool to the server that the driver chooses among those of the URL. Thread-safe. */
final class UrlSource extends PoolSource {

  private final String jdbcUrl;

  /**
   * Connects as the role says.
   *
   * @param application the name that the server's views show
   */
  UrlSource(RoleConfig role, String application) {
    super(role, PoolSettings.driver(role, application));
    this.jdbcUrl = role.jdbcUrl();
  }

  @Override
  Connection connect(Properties login) throws SQLException {
    Connection connection = DriverManager.getConnection(jdbcUrl, login);
    remember(connection, Optional.empty());
    return connection;
  }
}
