package io.mistersmith.persistence.migration.internal.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs work in a transaction on a connection of its own, under settings that end with it: the
 * timeouts, a search path that makes an unqualified name fail rather than land in somebody's
 * schema, and UTC, so that no bound depends on where the migration runs.
 */
public final class Transaction {
  private static final Logger LOG = LoggerFactory.getLogger(Transaction.class);

  private static final String SETTINGS =
      """
      SELECT pg_catalog.set_config('search_path', 'pg_catalog', true),
             pg_catalog.set_config('TimeZone', 'UTC', true),
             pg_catalog.set_config('lock_timeout', ?, true),
             pg_catalog.set_config('statement_timeout', ?, true)
      """;

  private final WorkConnection connections;
  private final RunnerSettings settings;

  public Transaction(WorkConnection connections, RunnerSettings settings) {
    this.connections = connections;
    this.settings = settings;
  }

  /** Commits what {@code work} did, or rolls it back and throws. */
  public <T> T run(WorkConnection.Work<T> work) throws SQLException {
    return run(work, Connection::commit);
  }

  /** Rolls back what {@code work} did, in any case. */
  public <T> T tryOut(WorkConnection.Work<T> work) throws SQLException {
    return run(work, Connection::rollback);
  }

  @FunctionalInterface
  private interface End {
    void apply(Connection connection) throws SQLException;
  }

  private <T> T run(WorkConnection.Work<T> work, End end) throws SQLException {
    return connections.use(connection -> run(connection, work, end));
  }

  private <T> T run(Connection connection, WorkConnection.Work<T> work, End end)
      throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try {
      applySettings(connection);
      T result = work.run(connection);
      end.apply(connection);
      return result;
    } catch (SQLException | RuntimeException e) {
      rollBack(connection, e);
      throw e;
    } finally {
      restore(connection, autoCommit);
    }
  }

  private void applySettings(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SETTINGS)) {
      statement.setString(1, settings.tableLockTimeout().toMillis() + "ms");
      statement.setString(2, settings.statementTimeout().toMillis() + "ms");
      statement.execute();
    }
  }

  private static void rollBack(Connection connection, Exception cause) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  private static void restore(Connection connection, boolean autoCommit) {
    try {
      connection.setAutoCommit(autoCommit);
    } catch (SQLException e) {
      LOG.debug("A connection was lost with its transaction over: {}", SqlStates.describe(e));
    }
  }
}
