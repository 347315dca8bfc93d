package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.RoleConfig;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;

/** Connects past a pool, whose connections may all be stuck, to ask the server one thing. */
final class ProbeConnection {

  private ProbeConnection() {}

  /**
   * Returns a new connection, on which nothing is set.
   *
   * @param application the name that the server's views show
   * @param limit how long connecting may take, and each answer
   */
  static Connection open(RoleConfig config, String application, Duration limit)
      throws SQLException {
    Properties properties = DriverAccess.properties(config);
    String seconds = PoolSettings.seconds(limit);
    properties.setProperty("connectTimeout", seconds);
    properties.setProperty("socketTimeout", seconds);
    properties.setProperty("loginTimeout", seconds);
    properties.setProperty("ApplicationName", application);
    properties.setProperty("assumeMinServerVersion", PoolSettings.OLDEST_SERVER);
    properties.setProperty("prepareThreshold", "0");
    return DriverManager.getConnection(config.jdbcUrl(), properties);
  }
}
