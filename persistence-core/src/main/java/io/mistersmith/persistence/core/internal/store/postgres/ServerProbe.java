package io.mistersmith.persistence.core.internal.store.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks one server for its position, by a connection of its own that is kept: those of the pool may
 * all be stuck, and wait longer for an answer. For one thread at a time.
 */
final class ServerProbe implements AutoCloseable {

  /** How long connecting and asking may take each. */
  static final Duration LIMIT = Duration.ofSeconds(1);

  private final ConnectionPool pool;
  private @Nullable Connection connection;

  ServerProbe(ConnectionPool pool) {
    this.pool = pool;
  }

  /**
   * Asks. After a failure the next call connects again.
   *
   * @throws SQLException when the server does not answer within {@link #LIMIT}, or refuses
   */
  ServerSight look() throws SQLException {
    Connection current = connection;
    try {
      if (current == null) {
        current = pool.connectPastIt(LIMIT);
        connection = current;
      }
      return ServerSight.of(current);
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  /** Ends the use of the connection. */
  @Override
  public void close() {
    Connection current = connection;
    connection = null;
    if (current != null) {
      pool.endPastIt(current);
    }
  }
}
