package io.mistersmith.persistence.migration.internal.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The settings of {@link Transaction} for a session without one, until closed: a pool's connection
 * goes back as it came.
 */
public final class SessionSettings implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SessionSettings.class);

  private static final String READ =
      """
      SELECT pg_catalog.current_setting('search_path'), pg_catalog.current_setting('TimeZone'),
             pg_catalog.current_setting('lock_timeout'),
             pg_catalog.current_setting('statement_timeout')
      """;

  private static final String SET =
      """
      SELECT pg_catalog.set_config('search_path', ?, false),
             pg_catalog.set_config('TimeZone', ?, false),
             pg_catalog.set_config('lock_timeout', ?, false),
             pg_catalog.set_config('statement_timeout', ?, false)
      """;

  private static final String SET_LOCK_TIMEOUT =
      "SELECT pg_catalog.set_config('lock_timeout', ?, false)";

  private final Connection connection;
  private final String tableLockTimeout;
  private final String[] before;

  private SessionSettings(Connection connection, String tableLockTimeout, String[] before) {
    this.connection = connection;
    this.tableLockTimeout = tableLockTimeout;
    this.before = before;
  }

  public static SessionSettings apply(Connection connection, RunnerSettings settings)
      throws SQLException {
    String lockTimeout = settings.tableLockTimeout().toMillis() + "ms";
    SessionSettings session = new SessionSettings(connection, lockTimeout, read(connection));
    session.set("pg_catalog", "UTC", lockTimeout, settings.statementTimeout().toMillis() + "ms");
    return session;
  }

  private static String[] read(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(READ)) {
      row.next();
      return new String[] {row.getString(1), row.getString(2), row.getString(3), row.getString(4)};
    }
  }

  private void set(String... values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SET)) {
      for (int i = 0; i < values.length; i++) {
        statement.setString(i + 1, values[i]);
      }
      statement.execute();
    }
  }

  /**
   * Lets the next statement wait without a limit, or only as long as others may queue behind it. A
   * CONCURRENTLY statement waits for every transaction before it, and no session queues behind it.
   */
  public void patient(boolean patient) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SET_LOCK_TIMEOUT)) {
      statement.setString(1, patient ? "0" : tableLockTimeout);
      statement.execute();
    }
  }

  @Override
  public void close() {
    try {
      set(before);
    } catch (SQLException e) {
      LOG.debug("A connection was lost with its script over: {}", SqlStates.describe(e));
    }
  }
}
