package io.mistersmith.persistence.migration.internal.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection for one piece of work after another. It is opened for the first and, once {@link
 * #keep()} was called, kept for the next ones until closed: a new session costs PostgreSQL more
 * than most scripts. A connection on which work failed is not used again.
 *
 * <p>Keep it only while the migration lock is held. A migrator that waits must hold no connection,
 * since the one that works may need it from the same pool. Not thread-safe.
 */
public final class WorkConnection implements AutoCloseable {

  /** Uses a connection. */
  @FunctionalInterface
  public interface Work<T> {
    /** Runs once; the connection is closed or kept afterwards. */
    T run(Connection connection) throws SQLException;
  }

  private static final Logger LOG = LoggerFactory.getLogger(WorkConnection.class);

  private final DataSource dataSource;
  private boolean keeping;
  private @Nullable Connection kept;

  /** Opens connections of the data source. */
  public WorkConnection(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** Keeps the connection between uses from now on, until closed. */
  public WorkConnection keep() {
    keeping = true;
    return this;
  }

  /** Runs work on the connection. */
  public <T> T use(Work<T> work) throws SQLException {
    Connection connection = kept == null ? dataSource.getConnection() : kept;
    kept = null;
    T result;
    try {
      result = work.run(connection);
    } catch (SQLException | RuntimeException | Error e) {
      close(connection, e);
      throw e;
    }
    if (keeping && !connection.isClosed()) {
      kept = connection;
    } else {
      connection.close();
    }
    return result;
  }

  /** Closes the kept connection; the next use opens another one. */
  public void renew() {
    Connection connection = kept;
    kept = null;
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        LOG.debug("A connection was lost with its work over: {}", SqlStates.describe(e));
      }
    }
  }

  private static void close(Connection connection, Throwable cause) {
    try {
      connection.close();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  /** Closes the kept connection; a later use opens one for itself alone. */
  @Override
  public void close() {
    keeping = false;
    renew();
  }
}
