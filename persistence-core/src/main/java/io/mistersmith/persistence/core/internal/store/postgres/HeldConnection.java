package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.PostgresCluster.Held;
import io.mistersmith.persistence.error.PersistenceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection that holds something in the server for as long as it is open. */
final class HeldConnection implements Held {

  private static final Logger LOG = LoggerFactory.getLogger(HeldConnection.class);

  private static final String UNLIMITED =
      """
      SELECT set_config('statement_timeout', '0', false),
             set_config('idle_session_timeout', '0', false),
             set_config('idle_in_transaction_session_timeout', '0', false)
      """;

  private final Connection connection;

  HeldConnection(Connection connection) {
    this.connection = connection;
  }

  /** Lets a connection do nothing for as long as a backup lasts. */
  static void unlimited(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(UNLIMITED);
    }
  }

  /** Returns the typed failure, and closes the connection that nobody gets then. */
  static PersistenceException failed(Connection connection, String what, SQLException e) {
    try {
      connection.close();
    } catch (SQLException closing) {
      e.addSuppressed(closing);
    }
    return PostgresFailures.of(what, e);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.debug("a connection that was held for a backup did not close cleanly", e);
    }
  }

  @Override
  public String toString() {
    return "the server keeps its WAL";
  }
}
